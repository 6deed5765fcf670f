import type { MarginSummary } from "./marginSummary.ts";
import { LEAST_TOKENS, limitNats, type ThresholdBand } from "./thresholdCard.ts";

/** `inconclusive`: too short so far; joined to the next task. */
export type Verdict = "pass" | "fail" | "inconclusive";

/** Tasks that were too short alone, waiting for the next of the same miner, model and band. */
export type Waiting = Pick<MarginSummary, "tokens" | "meanMarginNats">;

export interface TaskVerdict {
  readonly verdict: Verdict;
  /** What the next task is judged together with; nothing after `pass` and `fail`. */
  readonly waiting: Waiting | undefined;
}

/** Judges a replayed task, together with what waits, by the band of the model's card that it falls in. */
export function judge(task: Waiting, band: ThresholdBand, waiting?: Waiting): TaskVerdict {
  const joined = waiting === undefined ? task : join(waiting, task);
  const limit = joined.tokens < LEAST_TOKENS ? undefined : limitNats(band, joined.tokens);
  if (limit === undefined) return { verdict: "inconclusive", waiting: joined };
  return { verdict: joined.meanMarginNats > limit ? "fail" : "pass", waiting: undefined };
}

function join(a: Waiting, b: Waiting): Waiting {
  const tokens = a.tokens + b.tokens;
  const sumNats = a.meanMarginNats * a.tokens + b.meanMarginNats * b.tokens;
  return { tokens, meanMarginNats: tokens === 0 ? 0 : sumNats / tokens };
}
