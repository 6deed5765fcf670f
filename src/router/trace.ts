import type { Decision } from "../protocol/selection.ts";
import type { TaskState } from "../protocol/task.ts";
import type { Address, Hex } from "../util/types.ts";

/** Why a miner was asked. */
export type AttemptCause = "first" | "retry" | "hedge" | "failover" | "replica";

/** One order of a task: why it was sent, to whom, and what came of it. Times count from the task's beginning. */
export interface AttemptTrace {
  readonly number: number;
  readonly cause: AttemptCause;
  readonly miner: Address;
  readonly decision: Decision;
  /** Waited for a free slot. */
  readonly queuedMs: number;
  readonly sentMs: number;
  /** From the order. */
  ackMs?: number;
  ttftMs?: number;
  durationMs?: number;
  /** Output tokens `[from, to)` of the whole answer. */
  readonly from: number;
  to: number;
  /** `running`, how the answer finished, or the code of what ended the attempt. */
  end: string;
  /** Said when it ended badly. */
  message?: string;
  feeWei: bigint;
  readonly promptPrice: bigint;
  readonly outputPrice: bigint;
}

/** Everything that a router decided about one task. No prompt and no answer is in it. */
export interface TaskTrace {
  readonly id: Hex;
  readonly account: Hex;
  readonly model: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  state: TaskState;
  promptTokens: number;
  outputTokens: number;
  durationMs: number;
  costWei: bigint;
  receipt?: string;
  readonly attempts: AttemptTrace[];
  /** Orders whose answers were compared with the one that was shown. */
  readonly replicas?: readonly AttemptTrace[];
}
