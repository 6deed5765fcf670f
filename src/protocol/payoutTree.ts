import { bytesOf, concatBytes } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";
import { keccak } from "./hash.ts";
import { WordLayout } from "./wordLayout.ts";

const leafLayout = new WordLayout("address owner,uint256 cumulative");

/** keccak(keccak(abi.encode(owner, cumulative))): twice, so that no inner node is taken for a leaf. */
export function payoutLeaf(owner: Address, cumulative: bigint): Hex {
  return keccak(leafLayout.hash({ owner, cumulative }));
}

/** A Merkle tree with sorted leaves and sorted pairs, as OpenZeppelin's `MerkleProof` reads it. Needs one leaf or more. */
export class PayoutTree {
  /** From the leaves to the root. */
  readonly #layers: readonly (readonly Hex[])[];

  constructor(leaves: readonly Hex[]) {
    if (leaves.length === 0) throw new Error("a tree needs a leaf");
    const layers: (readonly Hex[])[] = [leaves.toSorted()];
    for (let layer = layers[0] ?? []; layer.length > 1; layers.push(layer)) layer = above(layer);
    this.#layers = layers;
  }

  get root(): Hex {
    return this.#layers.at(-1)?.[0] ?? "0x";
  }

  /** Undefined when there is no such leaf. */
  proof(leaf: Hex): readonly Hex[] | undefined {
    let at = this.#layers[0]?.indexOf(leaf) ?? -1;
    if (at < 0) return undefined;
    const siblings: Hex[] = [];
    for (const layer of this.#layers) {
      const sibling = layer[at ^ 1];
      // The last of an odd number moves up by itself.
      if (sibling !== undefined) siblings.push(sibling);
      at >>= 1;
    }
    return siblings;
  }
}

/** The root to which a proof leads. */
export function rootOfProof(leaf: Hex, proof: readonly Hex[]): Hex {
  return proof.reduce(pair, leaf);
}

function above(layer: readonly Hex[]): readonly Hex[] {
  const parents: Hex[] = [];
  for (let at = 0; at < layer.length; at += 2) {
    const [left, right] = [layer[at], layer[at + 1]];
    if (left !== undefined) parents.push(right === undefined ? left : pair(left, right));
  }
  return parents;
}

function pair(one: Hex, other: Hex): Hex {
  const [first, second] = one < other ? [one, other] : [other, one];
  return keccak(concatBytes(bytesOf(first), bytesOf(second)));
}
