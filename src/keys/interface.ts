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

/** Seals bytes under a key that never leaves it. */
export interface Vault {
  /** The label is not in the sealed bytes; they open under the same one only. */
  seal(plain: Uint8Array, label: string): Uint8Array;
  /** undefined for anything that was not sealed by this key under this label. */
  open(sealed: Uint8Array, label: string): Uint8Array | undefined;
}

/** A public key to seal answers to, and the only way to open them. */
export interface Mailbox {
  /** X25519, 32 bytes. */
  readonly publicKey: Hex;
  /** undefined for anything that was not sealed to this mailbox under this label. */
  open(sealed: Uint8Array, label: string): Uint8Array | undefined;
}

/** Seals bytes to a mailbox; undefined when this is no key that anything can be sealed to. */
export type SealTo = (publicKey: Hex, plain: Uint8Array, label: string) => Uint8Array | undefined;
