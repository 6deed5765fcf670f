import type { PeerFacts } from "../../observability/snapshot.ts";
import type { ReceiptBundle } from "../../protocol/receiptBundle.ts";
import type { Hex } from "../../util/types.ts";
import type { AnswerEvent, ServedModel, TaskRequest } from "../task.ts";

/** What the HTTP interface needs of a router. */
export interface AnsweringRouter {
  /** To be read to its end, also after an abort: the last receipt is booked on the way. */
  answer(request: TaskRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent>;
  models(): readonly ServedModel[];
  receipt(taskId: Hex): ReceiptBundle | undefined;
  peers(): readonly PeerFacts[];
  slots(): { readonly busy: number; readonly total: number };
  readonly ready: boolean;
  readonly draining: boolean;
}
