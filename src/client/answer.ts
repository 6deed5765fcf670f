/** One try at a task: which miner, and how it ended. */
export interface ClientAttempt {
  readonly miner: string;
  readonly reason: string;
  readonly tokens: number;
  readonly ttftMs: number | null;
}

/** What one of several miners answered, with its own receipt. */
export interface ClientResult {
  readonly miner: string;
  readonly text: string;
  /** What it signed before any answer was shown; null for the one that was shown live. */
  readonly commitment: string | null;
  readonly receipt: Readonly<Record<string, unknown>>;
}

/** A whole answer. What only this network's routers tell is null or empty from any other server. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  /** `stop`, `length`, or the router's own reason when it is another. */
  readonly finishReason: string;
  readonly usage: { readonly promptTokens: number; readonly outputTokens: number };
  readonly taskId: string | null;
  readonly requestId: string | null;
  /** The miner that gave the answer. */
  readonly miner: string | null;
  readonly attempts: readonly ClientAttempt[];
  readonly timing: {
    readonly ttftMs: number;
    readonly durationMs: number;
    readonly tokensPerSecond: number | null;
  } | null;
  /** Decimal COR, exact. */
  readonly costCor: string | null;
  /** JSON of the receipt, as it came; for `verifyReceipt`. */
  readonly receipt: Readonly<Record<string, unknown>> | null;
  /** With redundancy: all answers, the share of equal ones, and the miners outside a majority; else null. */
  readonly compared: {
    readonly results: readonly ClientResult[];
    readonly agreement: number;
    readonly outliers: readonly string[];
  } | null;
}

/** An answer as it comes: `start` first, `finish` last; a failure throws. */
export type ClientEvent =
  | {
      readonly type: "start";
      readonly id: string;
      readonly model: string;
      readonly taskId: string | null;
      readonly requestId: string | null;
      readonly miner: string | null;
    }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "finish"; readonly answer: Answer };
