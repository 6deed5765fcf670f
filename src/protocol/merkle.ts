import { bytesOf, concatBytes } from "../util/hex.ts";
import type { Hex } from "../util/types.ts";
import { keccak } from "./hash.ts";

/** The root over nothing. */
export const NO_ROOT: Hex = `0x${"00".repeat(32)}`;

/** A Merkle tree over a set of 32-byte hashes: the same for the same leaves, in whatever order they came. */
export interface MerkleTree {
  readonly root: Hex;
  /** Sorted, each once. */
  readonly leaves: readonly Hex[];
  /** From the leaves up to the root; a node without a partner moves up as it is. */
  readonly levels: readonly (readonly Hex[])[];
}

/**
 * Pairs are sorted before they are hashed, as OpenZeppelin's `MerkleProof` expects. Leaves must be hashes of something that
 * is not 64 bytes long; else a node could pass for a leaf. EIP-712 struct hashes of other than two words are.
 */
export function merkleTree(hashes: Iterable<Hex>): MerkleTree {
  const leaves = [...new Set(hashes)].sort();
  const levels = [leaves];
  for (let level = leaves; level.length > 1; levels.push(level)) level = parents(level);
  return { root: levels.at(-1)?.[0] ?? NO_ROOT, leaves, levels };
}

/** The hashes beside the path from a leaf to the root, lowest first; undefined for what is no leaf of the tree. */
export function merkleProof({ leaves, levels }: MerkleTree, leaf: Hex): readonly Hex[] | undefined {
  let at = indexOf(leaves, leaf);
  if (at === undefined) return undefined;
  const proof: Hex[] = [];
  for (const level of levels) {
    const partner = level[at ^ 1];
    if (partner !== undefined) proof.push(partner);
    at >>= 1;
  }
  return proof;
}

/** Whether the leaf is under the root. */
export function provesLeaf({ root, leaf, proof }: { root: Hex; leaf: Hex; proof: readonly Hex[] }): boolean {
  return proof.reduce(parent, leaf) === root;
}

function parents(level: readonly Hex[]): Hex[] {
  const above: Hex[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left, right] = [level[at] as Hex, level[at + 1]];
    above.push(right === undefined ? left : parent(left, right));
  }
  return above;
}

function parent(one: Hex, other: Hex): Hex {
  return keccak(one < other ? concatBytes(bytesOf(one), bytesOf(other)) : concatBytes(bytesOf(other), bytesOf(one)));
}

/** Lower-case digits of one length sort as their bytes do. */
function indexOf(sorted: readonly Hex[], wanted: Hex): number | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as Hex) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted ? low : undefined;
}
