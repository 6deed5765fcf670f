import type { ReceiptBundle } from "../protocol/receiptBundle.ts";
import type { FinishReason, TaskInput, TaskParams } from "../protocol/records.ts";
import type { Address, Hex } from "../util/types.ts";

/** One request, validated and with its defaults filled in. */
export interface TaskRequest {
  /** Hash of the API key that pays. */
  readonly account: Hex;
  /** 16 bytes; the same one returns the stored answer. */
  readonly requestId: Hex;
  /** The router drew `requestId` just now, so there is no answer under it. */
  readonly drawn?: boolean;
  /** Name or modelId. */
  readonly model: string;
  readonly input: TaskInput;
  readonly params: TaskParams;
  readonly clientSeed?: bigint;
  /** The miner that the client wants, newcomers included, at its own risk. */
  readonly prefer?: Address;
  /** Miners that work at the other choices of the same request; this one adds its own, and takes another where it can. */
  readonly spread?: Set<Address>;
  /** So many miners of different owners answer, and their answers are compared. */
  readonly redundancy?: number;
}

/** One of several answers to a task. */
export interface ReplicaResult {
  readonly miner: Address;
  readonly text: string;
  readonly bundle: ReceiptBundle;
  readonly finish: FinishReason;
  readonly promptTokens: number;
  /** What was signed before anything was shown; null for the answer that was shown live. */
  readonly commitment: Hex | null;
}

/** One try at a task, for people: which miner, how it ended. */
export interface AttemptNote {
  readonly miner: Address;
  readonly reason: string;
  readonly tokens: number;
  readonly ttftMs: number | null;
}

/** An answer as it comes. The first event is `start`, the last `finish`; what fails before the first token throws. */
export type AnswerEvent =
  /** A miner was found; comes again when another one goes on. */
  | { readonly type: "start"; readonly taskId: Hex; readonly model: string; readonly miner: Address }
  | {
      readonly type: "text";
      readonly text: string;
      readonly ids: readonly number[];
      readonly logprobs: readonly number[];
    }
  | AnswerFinish;

export interface AnswerFinish {
  readonly type: "finish";
  /** `error`: it broke off, and no other miner could go on. */
  readonly finish: FinishReason;
  /** All of the answer. */
  readonly text: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** What the client is charged, in wei: for receipts only. */
  readonly costWei: bigint;
  /** Undefined when the answer broke off before anything was receipted. */
  readonly bundle: ReceiptBundle | undefined;
  readonly attempts: readonly AttemptNote[];
  readonly ttftMs: number;
  readonly durationMs: number;
  /** With redundancy: every answer, the share of equal ones, and who is outside a majority. */
  readonly results?: readonly ReplicaResult[];
  readonly agreement?: number;
  readonly outliers?: readonly Address[];
  /** Why it broke off. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** A model that somebody connected serves. */
export interface ServedModel {
  readonly modelId: Hex;
  readonly name: string;
  readonly contextTokens: number;
  readonly miners: number;
  /** Highest prices of those who serve it, wei per token. */
  readonly promptPrice: bigint;
  readonly outputPrice: bigint;
}
