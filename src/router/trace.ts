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
  /** Miners passed over beyond those that `decision` still lists. */
  readonly unlisted?: number;
  /** Waited for a free slot. */
  readonly queuedMs: number;
  sentMs: number;
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
  /** A miner's own code for why it refused or failed: its sentence, in `message`, could quote the prompt. */
  reason?: string | undefined;
  /** What its last receipt counts; absent when it was paid nothing. */
  paid?: { readonly promptTokens: number; readonly outputTokens: number };
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
  /** Who had enough of it before its end, if anybody. */
  stoppedBy?: "client" | "command" | "timeout";
  readonly attempts: AttemptTrace[];
  /** Orders whose answers were compared with the one that was shown. */
  readonly replicas?: readonly AttemptTrace[];
}
