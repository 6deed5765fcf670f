import type { PositionMargin } from "./margin.ts";

/** What a replay found, over some positions of an answer. */
export interface MarginSummary {
  readonly tokens: number;
  /** Tokens that the sampler chooses from the verifier's candidates too. */
  readonly matches: number;
  /** 0 when there are no tokens. */
  readonly meanMarginNats: number;
  /** Sum of the entropies of the choices. */
  readonly evidenceNats: number;
  /** In 1/256 nat, rounded; at most 0, and 0 when there are no tokens. What a validator shows that it has done the replay. */
  readonly meanLogprob256: number;
}

export function summary(margins: readonly PositionMargin[]): MarginSummary {
  const tokens = margins.length;
  const mean = (of: (margin: PositionMargin) => number): number => (tokens === 0 ? 0 : sum(margins, of) / tokens);
  return {
    tokens,
    matches: margins.filter(({ matches }) => matches).length,
    meanMarginNats: mean(({ marginNats }) => marginNats),
    evidenceNats: sum(margins, ({ entropyNats }) => entropyNats),
    // Adding 0 makes the negative zero of a rounding plain.
    meanLogprob256: Math.round(mean(({ logprob }) => logprob) * 256) + 0,
  };
}

function sum(margins: readonly PositionMargin[], of: (margin: PositionMargin) => number): number {
  return margins.reduce((total, margin) => total + of(margin), 0);
}
