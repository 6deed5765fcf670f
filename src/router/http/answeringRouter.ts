import type { Anchor } from "../../audit/receiptLog.ts";
import type { PeerFacts } from "../../observability/snapshot.ts";
import type { Leaf } from "../../protocol/leaf.ts";
import type { ReceiptAnchor, ReceiptBundle } from "../../protocol/receiptBundle.ts";
import type { Hex } from "../../util/types.ts";
import type { AnswerEvent, ServedModel, TaskRequest } from "../task.ts";
import type { TaskTrace } from "../trace.ts";

/** What the HTTP interface needs of a router. */
export interface AnsweringRouter {
  /** To be read to its end, also after an abort: the last receipt is booked on the way. */
  answer(request: TaskRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent>;
  models(): readonly ServedModel[];
  receipt(taskId: Hex): ReceiptBundle | undefined;
  /** What is anchored for an epoch; undefined while it runs. */
  anchorOf(epoch: number): Anchor | undefined;
  /** The leaves of an epoch, in the order of their hashes, those after `after`. */
  leaves(epoch: number, after?: Hex): Iterable<readonly [hash: Hex, leaf: Leaf]>;
  /** The path from a leaf to what was anchored; undefined while its epoch runs. */
  proofOf(leaf: Hex): ReceiptAnchor | undefined;
  /** Of all keys: tasks that run, then those that are over, the newest first. */
  tasks(): readonly TaskTrace[];
  /** Ends a task as if its client had gone away; false when it does not run. */
  cancel(taskId: Hex): boolean;
  peers(): readonly PeerFacts[];
  slots(): { readonly busy: number; readonly total: number };
  readonly ready: boolean;
  readonly draining: boolean;
}
