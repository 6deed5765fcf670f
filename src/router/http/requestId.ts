import { keccak } from "../../protocol/hash.ts";
import type { Hex } from "../../util/types.ts";

/** 16 bytes that name a request: of its `idempotency-key` when it has one, so that a repetition gets the same answer. */
export function requestIdOf(idempotencyKey: string | undefined, random: () => Hex): Hex {
  const hash = idempotencyKey === undefined ? random() : keccak(new TextEncoder().encode(idempotencyKey));
  return hash.slice(0, 34) as Hex;
}
