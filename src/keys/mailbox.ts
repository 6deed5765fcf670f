import { createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, type KeyObject } from "node:crypto";
import { bytesOf, concatBytes, hexOf } from "../util/hex.ts";
import { openAes, sealAes } from "./aesGcm.ts";
import type { Mailbox, SealTo } from "./interface.ts";

const KEY_BYTES = 32;

/**
 * Seals bytes to the X25519 key of a mailbox: a fresh key's public half, then AES-256-GCM under HKDF-SHA256 of the shared
 * secret, with both public keys as its salt.
 */
export const sealTo: SealTo = (publicKey, plain, label) => {
  const fresh = generateKeyPairSync("x25519");
  const own = rawKey(fresh.publicKey);
  try {
    const secret = diffieHellman({ privateKey: fresh.privateKey, publicKey: keyOf(bytesOf(publicKey)) });
    return concatBytes(own, sealAes(derived(secret, [own, bytesOf(publicKey)]), plain, label));
  } catch {
    // A point of small order shares a secret with everybody.
    return undefined;
  }
};

/** A mailbox for one exchange; its key is gone with it. */
export function createMailbox(): Mailbox {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const own = rawKey(publicKey);
  return {
    publicKey: hexOf(own),
    open(sealed, label) {
      if (sealed.length < KEY_BYTES) return undefined;
      const theirs = sealed.subarray(0, KEY_BYTES);
      try {
        const secret = diffieHellman({ privateKey, publicKey: keyOf(theirs) });
        return openAes(derived(secret, [theirs, own]), sealed.subarray(KEY_BYTES), label);
      } catch {
        return undefined;
      }
    },
  };
}

function derived(secret: Uint8Array, keys: readonly [Uint8Array, Uint8Array]): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, concatBytes(...keys), "cortensor mailbox", KEY_BYTES));
}

function rawKey(key: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(key.export({ format: "jwk" }).x as string, "base64url"));
}

function keyOf(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
}
