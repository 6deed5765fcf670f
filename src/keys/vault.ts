import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { concatBytes } from "../util/hex.ts";
import type { Hex } from "../util/types.ts";
import type { Vault } from "./interface.ts";
import { privateKeyBytes } from "./signer.ts";

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const utf8 = new TextEncoder();

/**
 * A vault whose key is derived from a private key (HKDF-SHA256) and so is not kept anywhere. Different purposes have different
 * keys, and none tells anything of the private key. Throws key-invalid.
 */
export function createVault(privateKey: Hex | Uint8Array, purpose: string): Vault {
  const derived = hkdfSync("sha256", privateKeyBytes(privateKey), "cortensor", purpose, 32);
  return new AesVault(new Uint8Array(derived));
}

/** AES-256-GCM; a sealed text is nonce, ciphertext, tag. Keeps the key in a private field. */
class AesVault implements Vault {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(plain: Uint8Array, label: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(utf8.encode(label));
    return concatBytes(nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag());
  }

  open(sealed: Uint8Array, label: string): Uint8Array | undefined {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const end = sealed.length - TAG_BYTES;
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(utf8.encode(label));
    decipher.setAuthTag(sealed.subarray(end));
    try {
      return concatBytes(decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final());
    } catch {
      return undefined;
    }
  }
}
