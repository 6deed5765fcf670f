import { hkdfSync } from "node:crypto";
import type { Hex } from "../util/types.ts";
import { openAes, sealAes } from "./aesGcm.ts";
import type { Vault } from "./interface.ts";
import { privateKeyBytes } from "./signer.ts";

/**
 * A vault whose key is derived from a private key (HKDF-SHA256) and so is not kept anywhere. Different purposes have different
 * keys, and none tells anything of the private key. Throws key-invalid.
 */
export function createVault(privateKey: Hex | Uint8Array, purpose: string): Vault {
  const derived = hkdfSync("sha256", privateKeyBytes(privateKey), "cortensor", purpose, 32);
  return new AesVault(new Uint8Array(derived));
}

/** Keeps the key in a private field, so that no log or JSON of a vault shows it. */
class AesVault implements Vault {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(plain: Uint8Array, label: string): Uint8Array {
    return sealAes(this.#key, plain, label);
  }

  open(sealed: Uint8Array, label: string): Uint8Array | undefined {
    return openAes(this.#key, sealed, label);
  }
}
