import { bytesOf, concatBytes } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";

/** The last part of an epoch is left for answers that are late. */
const ASKED_WITHIN = 0.9;

/**
 * When in an epoch a validator asks a node, as a share of the epoch, 0 to 0.9: HMAC(key, epoch, node). Only the validator can
 * know it, so no node is there for its check alone.
 */
export function momentOf({
  epoch,
  node,
  mac,
}: {
  epoch: number;
  node: Address;
  readonly mac: (message: Uint8Array) => Hex;
}): number {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(epoch);
  const digest = mac(concatBytes(new TextEncoder().encode("moment"), number, bytesOf(node)));
  return (Number.parseInt(digest.slice(2, 10), 16) / 2 ** 32) * ASKED_WITHIN;
}
