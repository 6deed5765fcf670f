import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { concatBytes } from "../util/hex.ts";

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const utf8 = new TextEncoder();

/** AES-256-GCM: nonce, ciphertext, tag. The label is authenticated and not in it. */
export function sealAes(key: Uint8Array, plain: Uint8Array, label: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(utf8.encode(label));
  return concatBytes(nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

/** undefined for anything that `sealAes` did not make with this key and label. */
export function openAes(key: Uint8Array, sealed: Uint8Array, label: string): Uint8Array | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const end = sealed.length - TAG_BYTES;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(utf8.encode(label));
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return concatBytes(decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final());
  } catch {
    return undefined;
  }
}
