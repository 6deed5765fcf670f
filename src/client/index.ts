export { CortensorError } from "../errors/cortensorError.ts";
export type { Recover } from "../keys/interface.ts";
export type { NodeInfo } from "../protocol/nodeInfo.ts";
export type { ReceiptBundle, ReceiptCheck } from "../protocol/receiptBundle.ts";
export type { ChatMessage } from "../protocol/records.ts";
export type { Answer, ClientAttempt, ClientEvent, ClientResult } from "./answer.ts";
export { type ClientModel, type ClientOptions, CortensorClient } from "./cortensorClient.ts";
export type { ClientRequest } from "./request.ts";
export { type Verdict, verifyReceipt } from "./verifyReceipt.ts";
