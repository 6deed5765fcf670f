import type { Address, Hex } from "../util/types.ts";

/** A secp256k1 key that signs 32-byte digests. */
export interface Signer {
  readonly address: Address;
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** EIP-2098 compact signature, 64 bytes, low s. */
  sign(digest: Hex): Hex;
  /** HMAC-SHA256 of a message under the private key: a secret that whoever has the key can find again. */
  mac(message: Uint8Array): Hex;
}

/** Recovers the address that signed a digest; undefined when the signature is malformed or has a high s. */
export type Recover = (digest: Hex, signature: Hex) => Address | undefined;
