import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";

const nullableNumber = z.number().nullable();
const choiceSchema = z.looseObject({
  delta: z.looseObject({ content: z.string().nullish() }).optional(),
  text: z.string().optional(),
  finish_reason: z.string().nullish(),
});
const proofSchema = z.looseObject({
  finish: z.string().optional(),
  attempts: z
    .array(z.looseObject({ miner: z.string(), reason: z.string(), tokens: z.number(), ttft_ms: nullableNumber }))
    .default([]),
  cost_cor: z.string().optional(),
  timing: z.looseObject({ ttft_ms: z.number(), duration_ms: z.number(), tokens_per_second: nullableNumber }).optional(),
  receipt: z.record(z.string(), z.unknown()).nullish(),
  agreement: z.number().optional(),
  outliers: z.array(z.string()).optional(),
  results: z
    .array(
      z.looseObject({
        miner: z.string(),
        text: z.string(),
        commitment: z.string().nullable(),
        receipt: z.record(z.string(), z.unknown()),
      }),
    )
    .optional(),
});
const chunkSchema = z.looseObject({
  id: z.string(),
  model: z.string(),
  choices: z.array(choiceSchema),
  usage: z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
  cortensor: proofSchema.optional(),
});

/** One chunk of a streamed answer, of either family. */
export type Chunk = Readonly<z.infer<typeof chunkSchema>>;
export type Proof = z.infer<typeof proofSchema>;

/** `peer-protocol` when the event is something else. */
export function parseChunk(value: unknown): Chunk {
  const parsed = chunkSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new CortensorError("peer-protocol", `the router sent an event that is no part of an answer (${field})`, {
    cause: parsed.error,
  });
}
