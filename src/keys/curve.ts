/** What is needed of secp256k1, over raw bytes. Callers check lengths, ranges and low s. */
export interface Curve {
  readonly name: "native" | "ethers";
  isPrivateKey(privateKey: Uint8Array): boolean;
  /** Uncompressed, 65 bytes. */
  publicKeyOf(privateKey: Uint8Array): Uint8Array;
  /** EIP-2098, 64 bytes, low s, RFC 6979 nonce: both implementations give the same bytes. */
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array;
  /** The signer's public key, uncompressed; undefined when r and s name no point. */
  recover(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined;
}

/** Loads a package by name when it is first needed: ethers takes 128 ms, and only the fallback wants it. */
export type Load = (specifier: string) => unknown;
