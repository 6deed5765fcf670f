import { addressOfPublicKey } from "../protocol/hash.ts";
import { bytesOf } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";
import type { Curve } from "./curve.ts";
import type { Recover } from "./interface.ts";
import { curve } from "./loadCurve.ts";

const DIGEST = /^0x[0-9a-f]{64}$/;
// One text per signature: upper-case digits would be other bytes of the same record.
const SIGNATURE = /^0x[0-9a-f]{128}$/;
/** Half the order of secp256k1. A greater s is the other form of a signature that exists, and contracts refuse it. */
const HALF_ORDER = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";

export const recover: Recover = (digest, signature) => recoverWith(curve(), digest, signature);

/** As `recover`, with a given curve. */
export function recoverWith(curve: Curve, digest: Hex, signature: Hex): Address | undefined {
  if (!DIGEST.test(digest) || !SIGNATURE.test(signature)) return undefined;
  const bytes = bytesOf(signature);
  if (hasHighS(signature)) return undefined;
  const publicKey = curve.recover(bytesOf(digest), bytes);
  return publicKey === undefined ? undefined : addressOfPublicKey(publicKey);
}

function hasHighS(signature: Hex): boolean {
  // The top bit of s holds the parity of r's point (EIP-2098); lower-case digits of one length sort as numbers do.
  const first = Number.parseInt(signature.charAt(66), 16) & 7;
  return `${first}${signature.slice(67)}` > HALF_ORDER;
}
