import type { Address, Hex } from "../util/types.ts";

/** The EIP-712 domain of a network: one for all records. */
export interface Domain {
  readonly chainId: number;
  /** The `Runtime` contract. */
  readonly runtime: Address;
}

export const ORDER_KIND = { generate: 0, score: 1, embed: 2 } as const;

/** `Receipt.finish`: 0 while the answer grows. */
export const FINISH = { growing: 0, stop: 1, length: 2, tool_calls: 3, cancelled: 4, error: 5 } as const;
export type FinishReason = Exclude<keyof typeof FINISH, "growing">;

/** The name of a finish code above 0; `error` for a code that does not exist. */
export function finishReasonOf(code: number): FinishReason {
  const found = Object.entries(FINISH).find(([, value]) => value === code)?.[0];
  return found === undefined || found === "growing" ? "error" : (found as FinishReason);
}

/** What a router signs to hand one attempt at a task to one miner. Prices are wei per token. */
export interface Order {
  readonly task: Hex;
  readonly attempt: number;
  readonly replica: number;
  readonly kind: number;
  readonly epoch: number;
  readonly router: Address;
  readonly miner: Address;
  readonly session: Hex;
  readonly model: Hex;
  readonly input: Hex;
  readonly params: Hex;
  readonly seed: bigint;
  /** Position in the whole answer where this attempt begins; 0 unless it resumes another. */
  readonly from: number;
  readonly resume: Hex;
  readonly maxTokens: number;
  readonly promptPrice: bigint;
  readonly outputPrice: bigint;
  /** Milliseconds from receipt of the frame. */
  readonly deadlineMs: number;
  /** Block time in seconds; the order is refused afterwards. */
  readonly expiresAt: number;
}

/**
 * What a miner signs for the output tokens `[from, to)` of one order. It grows: the highest `to` settles the attempt.
 * `fee` in wei: (to - from) x outputPrice, and promptTokens x promptPrice once `finish` is stop, length, tool_calls or
 * cancelled.
 */
export interface Receipt {
  /** Struct hash of the order. */
  readonly order: Hex;
  readonly from: number;
  readonly to: number;
  /** keccak of the ids of `[from, to)`, each as big-endian uint32. */
  readonly idsHash: Hex;
  readonly promptTokens: number;
  readonly finish: number;
  readonly fee: bigint;
}

/** The router's own measurements, signed over the miner's receipt: a leaf that is anchored. */
export interface Countersigned {
  /** Struct hash of the receipt. */
  readonly receipt: Hex;
  readonly ttftMs: number;
  readonly durationMs: number;
}

/** A one-way payment: everything the session's signer owes its payee so far, in wei. */
export interface Voucher {
  readonly session: Hex;
  readonly cumulative: bigint;
}

/** What a paying client signs for one request. */
export interface Request {
  readonly session: Hex;
  /** 16 bytes. */
  readonly requestId: Hex;
  readonly bodyHash: Hex;
  readonly maxFee: bigint;
  readonly expiresAt: number;
}

/** A node key's consent to be registered by an owner. Role: 1 miner, 2 validator, 3 router. */
export interface Register {
  readonly owner: Address;
  readonly role: number;
}

/** What a node signs to show a validator that it is there. */
export interface Pong {
  readonly epoch: number;
  readonly validator: Address;
  readonly nonce: Hex;
}

/** Everything else that is signed; `body` is keccak of its canonical CBOR. */
export interface Message {
  readonly kind: string;
  readonly body: Hex;
  readonly nonce: Hex;
  readonly expiresAt: number;
}

/** A record and its 64-byte EIP-2098 signature. */
export interface Signed<T> {
  readonly record: T;
  readonly signature: Hex;
}

/** One payment channel, named by the hash of its content. */
export interface Session {
  readonly payer: Address;
  readonly signer: Address;
  readonly payee: Address;
  readonly recipient: Address;
  readonly terms: Hex;
  /** Block time in seconds. */
  readonly expiry: number;
  readonly salt: Hex;
}

/** One message of a conversation, as clients send it. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly name?: string;
}

/** What is asked: a conversation, or text that is continued as it stands. */
export type TaskInput =
  | { readonly kind: "messages"; readonly messages: readonly ChatMessage[] }
  | { readonly kind: "text"; readonly text: string };

/** How it is answered. `maxTokens` counts the whole answer. */
export interface TaskParams {
  readonly maxTokens: number;
  /** 0 to 2; 0 is the plain maximum. */
  readonly temperature: number;
  /** Above 0, up to 1. */
  readonly topP: number;
  /** 1 to 64. */
  readonly topK: number;
  /** 0 to 1. */
  readonly minP: number;
  /** Up to 4 strings, each 1 to 64 characters. */
  readonly stop: readonly string[];
  /** Version of the prompt renderer. */
  readonly renderer: number;
}
