import { ECDH } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak256 } from "./keccak256.ts";
import { bytesOf, concatBytes, hexOf } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";
import { encode } from "./codec.ts";
import type { TaskInput, TaskParams } from "./records.ts";

export function keccak(data: Uint8Array | Hex): Hex {
  return hexOf(keccak256(typeof data === "string" ? bytesOf(data) : data));
}

export function sha256Hex(data: Uint8Array): Hex {
  return hexOf(sha256(data));
}

/** The chain address of a secp256k1 public key, compressed (33 bytes) or not (65). */
export function addressOfPublicKey(publicKey: Uint8Array): Address {
  const whole = publicKey.length === 65;
  const point = whole
    ? publicKey
    : (ECDH.convertKey(publicKey, "secp256k1", undefined, undefined, "uncompressed") as Buffer);
  return hexOf(keccak256(Uint8Array.from(point.subarray(1))).subarray(12));
}

/** The name of an order in every frame after it: the first 16 bytes of its struct hash. */
export function orderId(orderHash: Hex): Hex {
  return orderHash.slice(0, 34) as Hex;
}

/** keccak over token ids, each as big-endian uint32. */
export function idsHash(ids: readonly number[]): Hex {
  const bytes = new Uint8Array(ids.length * 4);
  const view = new DataView(bytes.buffer);
  ids.forEach((id, index) => view.setUint32(index * 4, id));
  return keccak(bytes);
}

/** Binds an order to its input without showing it: a client recomputes it from the salt in its receipt. */
export function inputHash(salt: Hex, input: TaskInput): Hex {
  return keccak(concatBytes(bytesOf(salt), encode(input)));
}

export function paramsHash(params: TaskParams): Hex {
  return keccak(encode(params));
}

/** keccak(router, account, requestId). */
export function taskId({
  router,
  account,
  requestId,
}: {
  readonly router: Address;
  readonly account: Hex;
  readonly requestId: Hex;
}): Hex {
  return keccak(concatBytes(bytesOf(router), bytesOf(account), bytesOf(requestId)));
}

const SEED = new TextEncoder().encode("seed");

/** Seed of the sampler: the first 8 bytes of keccak("seed", client seed or request id, input). Never the miner's choice. */
export function taskSeed({
  clientSeed,
  requestId,
  input,
}: {
  readonly clientSeed?: bigint;
  readonly requestId: Hex;
  readonly input: TaskInput;
}): bigint {
  const chosen = clientSeed === undefined ? bytesOf(requestId) : new TextEncoder().encode(`client ${clientSeed}`);
  return BigInt(keccak(concatBytes(SEED, chosen, encode(input))).slice(0, 18));
}
