/** Why a question is not answered. `retryable`: the same question may be answered later. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly retryable: boolean;
  readonly message: string;
}

/**
 * `bad-request`: not signed, stale, or for another node. `not-validator`: not registered, or not due for this miner.
 * `not-anchored`: the epoch runs, or its leaves are not drawn yet. `leaf-unknown`, `not-drawn`: nothing to show.
 * `not-kept`: it was drawn and is not here any more. `rate-limited`, `busy`: later. `peer-unreachable`: the miner is not
 * connected here. `asked-before`: one order a validator and epoch. `unserved`: this node does not answer such questions.
 */
export type RefusalCode =
  | "bad-request"
  | "not-validator"
  | "not-anchored"
  | "leaf-unknown"
  | "not-drawn"
  | "not-kept"
  | "rate-limited"
  | "busy"
  | "peer-unreachable"
  | "asked-before"
  | "unserved";

const RETRYABLE: ReadonlySet<RefusalCode> = new Set(["not-anchored", "rate-limited", "busy", "peer-unreachable"]);

export function refused(code: RefusalCode, message: string): Refusal {
  return { code, retryable: RETRYABLE.has(code), message };
}

export function isRefused(value: object): value is Refusal {
  return "code" in value && "retryable" in value;
}
