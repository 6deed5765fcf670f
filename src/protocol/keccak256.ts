import { keccak_256 } from "@noble/hashes/sha3.js";

let hash: (data: Uint8Array) => Uint8Array = keccak_256;

/** Keccak-256 as Ethereum has it: 32 bytes. */
export function keccak256(data: Uint8Array): Uint8Array {
  return hash(data);
}

/**
 * Makes `keccak256` about eight times quicker, after some milliseconds of loading: for nodes, which hash at every step of
 * every answer. Where WebAssembly is not to be had everything stays as it was.
 */
export async function quickenKeccak256(): Promise<void> {
  try {
    const { createKeccak } = await import("hash-wasm");
    const hasher = await createKeccak(256);
    hash = (data) => hasher.init().update(data).digest("binary");
  } catch {
    hash = keccak_256;
  }
}
