import type { Engine } from "../engine/interface.ts";
import { type PositionMargin, marginsOf } from "../protocol/margin.ts";
import { type MarginSummary, summary } from "../protocol/marginSummary.ts";
import { promptIds } from "../protocol/promptIds.ts";
import { lastPart, type ReceiptBundle, type ReceiptPart } from "../protocol/receiptBundle.ts";
import type { TaskParams } from "../protocol/records.ts";
import { bandOf, limitNats, type ThresholdBand, type ThresholdCard } from "../protocol/thresholdCard.ts";
import { judge, type Verdict } from "../protocol/verdict.ts";
import type { Address } from "../util/types.ts";
import { impossibleEnd } from "./endOf.ts";
import { TOP_K } from "../protocol/sampler.ts";

/** What a replay found of the tokens that one miner answers for. */
export interface ReplayedPart extends MarginSummary {
  readonly miner: Address;
  readonly from: number;
  readonly to: number;
  /** The highest honest mean margin of so many tokens; undefined when the card has none for them. */
  readonly limitNats: number | undefined;
  readonly verdict: Verdict;
  /** Why, when it is not the mean margin that decided. */
  readonly why: string | undefined;
}

export interface ReplayedReceipt {
  /** Tokens of the prompt as counted here. */
  readonly promptTokens: number;
  readonly parts: readonly ReplayedPart[];
  /** `fail` when a part fails, `pass` when one passes and none fails. */
  readonly verdict: Verdict;
}

/** What of a receipt a replay looks at. */
export type Replayable = Pick<ReceiptBundle, "input" | "params" | "ids" | "parts" | "issuedAt">;

export interface ReplayOptions {
  readonly bundle: Replayable;
  /** When the order's epoch began, in seconds since 1970; without it the day of the receipt and the one before are tried. */
  readonly epochStart?: number | undefined;
  /** Without one nothing passes or fails by its margins. */
  readonly card: ThresholdCard | undefined;
  readonly signal: AbortSignal;
  /** Told how many positions of how many are done. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

const DAY_SECONDS = 86_400;

/** Whether an answer's parameters leave tokens out. */
export function hasCuts({ topP, topK, minP }: Pick<TaskParams, "topP" | "topK" | "minP">): boolean {
  return topP < 1 || topK < TOP_K || minP > 0;
}

/**
 * Repeats the whole answer of a receipt that holds, with its own model: one teacher-forced prefill. Each part answers for
 * its own tokens; those between two parts are nobody's. `engine` is started and its model is the receipt's.
 *
 * Errors: `context-length` when prompt and answer do not fit the engine's context; what `renderPrompt` throws.
 */
export async function replayReceipt(options: ReplayOptions, engine: Engine): Promise<ReplayedReceipt> {
  const { bundle, card } = options;
  const foreign = bundle.ids.findIndex((id) => id >= engine.model.vocabularySize);
  const ids = foreign === -1 ? bundle.ids : bundle.ids.slice(0, foreign);
  const replays: { prompt: readonly number[]; margins: readonly PositionMargin[] }[] = [];
  const prompts = possiblePrompts(options, engine);
  for (const prompt of prompts) replays.push({ prompt, margins: await margins({ ...options, prompt, ids }, engine) });
  const { prompt, margins: found } = replays.reduce((best, each) => (mean(each) < mean(best) ? each : best));
  const { temperature } = bundle.params;
  const band = card === undefined ? undefined : bandOf(card, { temperature, cuts: hasCuts(bundle.params) });
  const parts = bundle.parts.map((part) => {
    const { from, to } = part.receipt;
    const counted = summary(found.slice(from, to));
    const wrong = wrongPart({ part, bundle, promptTokens: prompt.length, known: ids.length }, engine);
    return {
      miner: part.order.miner,
      from,
      to,
      ...counted,
      limitNats: band === undefined ? undefined : limitNats(band, counted.tokens),
      ...(wrong === undefined ? byMargins(counted, { card, band }) : { verdict: "fail" as const, why: wrong }),
    };
  });
  return { promptTokens: prompt.length, parts, verdict: together(parts) };
}

/**
 * Templates may print the day on which the order's epoch began. Offline that is the day of the receipt or the one before;
 * nearly all templates render the same prompt for both.
 */
function possiblePrompts({ bundle, epochStart }: ReplayOptions, engine: Engine): (readonly number[])[] {
  const { input, issuedAt, parts } = bundle;
  if (epochStart !== undefined) return [promptIds({ input, epochStart }, engine)];
  const issued = Math.floor(Date.parse(issuedAt) / 1000);
  const prompts = [issued, issued - DAY_SECONDS].map((start) => promptIds({ input, epochStart: start }, engine));
  const [first = [], second = []] = prompts;
  if (first.length === second.length && first.every((id, at) => id === second[at])) return [first];
  const counted = prompts.filter((ids) => parts.some(({ receipt }) => receipt.promptTokens === ids.length));
  return counted.length > 0 ? counted : prompts;
}

async function margins(
  {
    bundle,
    prompt,
    ids,
    signal,
    onProgress,
  }: ReplayOptions & { readonly prompt: readonly number[]; readonly ids: readonly number[] },
  engine: Engine,
): Promise<PositionMargin[]> {
  const options = { ...bundle.params, seed: lastPart(bundle).order.seed };
  const margins: PositionMargin[] = [];
  for await (const candidates of engine.replay({ ids: prompt, forced: ids }, signal)) {
    const from = margins.length;
    margins.push(...marginsOf({ positions: [candidates], ids: ids.slice(from, from + 1), from }, options));
    onProgress?.(margins.length, ids.length);
  }
  return margins;
}

function mean({ margins }: { readonly margins: readonly PositionMargin[] }): number {
  return summary(margins).meanMarginNats;
}

/** What margins do not show. */
function wrongPart(
  { part, bundle, promptTokens, known }: { part: ReceiptPart; bundle: Replayable; promptTokens: number; known: number },
  engine: Engine,
): string | undefined {
  const { from, to, finish, promptTokens: claimed } = part.receipt;
  if (claimed !== promptTokens) return `it counts ${claimed} prompt tokens, and there are ${promptTokens}`;
  if (to > known) return `the model has no token ${bundle.ids[known]}${known < from ? ", from which it went on" : ""}`;
  return impossibleEnd({ ids: bundle.ids.slice(0, to), from, finish, stop: bundle.params.stop }, engine);
}

function byMargins(
  counted: MarginSummary,
  { card, band }: { card: ThresholdCard | undefined; band: ThresholdBand | undefined },
): { verdict: Verdict; why: string | undefined } {
  if (card === undefined) return { verdict: "inconclusive", why: "there is no threshold card of this model" };
  if (band === undefined) return { verdict: "inconclusive", why: "the card has no band for these parameters" };
  const { verdict } = judge(counted, band);
  const short = `${counted.tokens} tokens are too few to tell`;
  return { verdict, why: verdict === "inconclusive" ? short : undefined };
}

function together(parts: readonly { readonly verdict: Verdict }[]): Verdict {
  const verdicts = new Set(parts.map(({ verdict }) => verdict));
  if (verdicts.has("fail")) return "fail";
  return verdicts.has("pass") ? "pass" : "inconclusive";
}
