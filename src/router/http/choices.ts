import { keccak } from "../../protocol/hash.ts";
import { bytesOf, concatBytes } from "../../util/hex.ts";
import type { Address, Hex } from "../../util/types.ts";
import type { TaskRequest } from "../task.ts";

/**
 * The same request so many times, each under a name of its own and at a miner of its own as far as there are any. The first
 * choice is what the request alone would be; a given seed is counted up, so that the choices differ and can be repeated.
 */
export function choicesOf(task: TaskRequest, n: number): readonly TaskRequest[] {
  if (n === 1) return [task];
  const spread = new Set<Address>();
  return Array.from({ length: n }, (_, index) => {
    const { clientSeed, requestId } = task;
    const seed = clientSeed === undefined ? {} : { clientSeed: BigInt.asUintN(64, clientSeed + BigInt(index)) };
    return { ...task, ...seed, requestId: index === 0 ? requestId : derived(requestId, index), spread };
  });
}

function derived(requestId: Hex, index: number): Hex {
  return keccak(concatBytes(bytesOf(requestId), Uint8Array.of(index))).slice(0, 34) as Hex;
}
