import { bytesOf, concatBytes } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";
import { encode } from "./codec.ts";
import { idsHash, keccak } from "./hash.ts";
import type { Message } from "./records.ts";

/** What a replica's miner signs before it sees anything of the others: its answer, which it cannot change any more. */
export interface Commitment {
  readonly miner: Address;
  /** Struct hash of the order. */
  readonly order: Hex;
  readonly commitment: Hex;
  readonly signature: Hex;
}

const NO_NONCE: Hex = `0x${"00".repeat(32)}`;

/** keccak(orderHash, salt, idsHash): hides the answer as long as the salt is hidden. */
export function commitmentOf({ order, salt, ids }: { order: Hex; salt: Hex; ids: readonly number[] }): Hex {
  return keccak(concatBytes(bytesOf(order), bytesOf(salt), bytesOf(idsHash(ids))));
}

/** What is signed. */
export function commitMessage({ order, commitment }: Pick<Commitment, "order" | "commitment">): Message {
  return { kind: "commit", body: keccak(encode({ order, commitment })), nonce: NO_NONCE, expiresAt: 0 };
}
