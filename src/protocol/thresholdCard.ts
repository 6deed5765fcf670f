import { z } from "zod";
import { hashSchema, uintSchema } from "./schemas.ts";

/** Shorter tasks say too little alone. */
export const LEAST_TOKENS = 16;

const limitSchema = z.object({
  /** For tasks of at least so many tokens. */
  tokens: uintSchema(1_000_000).refine((tokens) => tokens >= LEAST_TOKENS),
  /** A higher mean margin, in nats, fails: at most 1e-4 of honest tasks. */
  marginNats: z.number().min(0).max(4),
});

const share = z.number().min(0).max(1);

/** What a limit rests on: how answers of one writer fared in a band. */
const measuredSchema = z.object({
  writer: z.string().min(1).max(128),
  honest: z.boolean(),
  tokens: uintSchema(1_000_000_000),
  /** Of the tokens, those that the sampler chooses from the verifier's candidates too. */
  matchShare: share,
  meanMarginNats: z.number().min(0).max(4),
  largestNats: z.number().min(0).max(4),
  /** Of the tasks that were long enough to be judged, those above the limit. */
  failShare: share,
});

const bandSchema = z.object({
  /** For temperatures up to this one, and above that of the band before. */
  temperature: z.number().min(0).max(2),
  /** Whether the answers had top_p, top_k or min_p. */
  cuts: z.boolean(),
  /** By tokens, ascending: honest means vary less the longer the task is. */
  limits: z.array(limitSchema).min(1).max(32).refine(ascending),
  measured: z.array(measuredSchema).max(64).exactOptional(),
});

/** What honest runs of one model look like, measured over machines, batches and continuations. */
export const thresholdCardSchema = z.object({
  version: z.literal(1),
  modelId: hashSchema,
  bands: z.array(bandSchema).min(1).max(16),
});

export type ThresholdCard = z.infer<typeof thresholdCardSchema>;
export type ThresholdBand = z.infer<typeof bandSchema>;
export type MeasuredWriter = z.infer<typeof measuredSchema>;

/** The band of a task; undefined when the card was not made for such tasks. */
export function bandOf(
  card: ThresholdCard,
  { temperature, cuts }: { temperature: number; cuts: boolean },
): ThresholdBand | undefined {
  return card.bands
    .filter((band) => band.cuts === cuts && temperature <= band.temperature)
    .toSorted((a, b) => a.temperature - b.temperature)[0];
}

/** The highest honest mean margin, in nats, of a task of so many tokens; undefined when it is too short for the card. */
export function limitNats(band: ThresholdBand, tokens: number): number | undefined {
  return band.limits.findLast((limit) => limit.tokens <= tokens)?.marginNats;
}

function ascending(limits: readonly { tokens: number }[]): boolean {
  return limits.every(({ tokens }, index) => index === 0 || tokens > (limits[index - 1]?.tokens ?? 0));
}
