import { createHmac, randomBytes } from "node:crypto";
import { CortensorError } from "../errors/cortensorError.ts";
import { addressOfPublicKey } from "../protocol/hash.ts";
import { bytesOf, hexOf } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";
import type { Signer } from "./interface.ts";
import { curve } from "./loadCurve.ts";

const PRIVATE_KEY = /^(0x)?[0-9a-fA-F]{64}$/;

/** The signer of a private key (32 bytes, or 64 hexadecimal digits). Throws key-invalid. */
export function createSigner(privateKey: Hex | Uint8Array): Signer {
  return new KeySigner(privateKeyBytes(privateKey));
}

/** A fresh private key from the system's random source. */
export function newPrivateKey(): Hex {
  for (;;) {
    const bytes = randomBytes(32);
    if (curve().isPrivateKey(bytes)) return hexOf(bytes);
  }
}

/** The 32 bytes of a private key. Throws key-invalid, without showing any of it. */
export function privateKeyBytes(privateKey: string | Uint8Array): Uint8Array {
  const bytes = typeof privateKey === "string" ? parsed(privateKey) : Uint8Array.from(privateKey);
  if (bytes?.length !== 32 || !curve().isPrivateKey(bytes)) {
    throw new CortensorError("key-invalid", "this is not a private key", {
      why: [["needed", "64 hexadecimal digits, above zero and below the order of secp256k1"]],
    });
  }
  return bytes;
}

function parsed(text: string): Uint8Array | undefined {
  if (!PRIVATE_KEY.test(text)) return undefined;
  return bytesOf(`0x${text.replace("0x", "").toLowerCase()}`);
}

/** Keeps the key in a private field, so that no log or JSON of a signer shows it. */
class KeySigner implements Signer {
  readonly address: Address;
  readonly publicKey: Uint8Array;
  readonly #privateKey: Uint8Array;

  constructor(privateKey: Uint8Array) {
    const publicKey = curve().publicKeyOf(privateKey);
    this.address = addressOfPublicKey(publicKey);
    this.publicKey = compressed(publicKey);
    this.#privateKey = privateKey;
  }

  sign(digest: Hex): Hex {
    return hexOf(curve().sign(bytesOf(digest), this.#privateKey));
  }

  mac(message: Uint8Array): Hex {
    return hexOf(createHmac("sha256", this.#privateKey).update(message).digest());
  }
}

function compressed(publicKey: Uint8Array): Uint8Array {
  const short = publicKey.slice(0, 33);
  short[0] = 2 + ((publicKey[64] ?? 0) & 1);
  return short;
}
