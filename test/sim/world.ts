/** Slower by `factor` from a time to another. */
export interface SlowDown {
  readonly fromMs: number;
  readonly toMs: number;
  readonly factor: number;
}

export interface SimMinerSpec {
  readonly index: number;
  /** Of one order alone. */
  readonly prefillMsPerToken: number;
  readonly decodeMsPerToken: number;
  readonly slots: number;
  readonly rttMs: number;
  readonly stake: number;
  readonly slowDown?: SlowDown | undefined;
  /** Part of its orders that break half-way. */
  readonly breaks: number;
  /** While it is silent, every order breaks after the router lost its patience. */
  readonly silent?: { readonly fromMs: number; readonly toMs: number } | undefined;
}

export interface SimTask {
  readonly index: number;
  readonly atMs: number;
  readonly account: number;
  /** Tasks of one conversation begin with the prompt and the answer of the one before. */
  readonly conversation: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly maxTokens: number;
}

export interface Scenario {
  readonly name: string;
  readonly miners: readonly SimMinerSpec[];
  readonly tasks: readonly SimTask[];
  readonly routers: number;
  /** Part of the miners, the first ones, that served some orders before: they are measured and have a reputation. */
  readonly warm: number;
}

/** Time per token grows by this much with each further order at once: batching is cheap, not free. */
export const BATCHING_COST = 0.15;
/** A router gives up on a silent miner after this time. */
export const PATIENCE_MS = 5000;
export const MOST_ATTEMPTS = 4;
/** An answer that takes longer is a miss. */
export const DEADLINE_MS = 120_000;
