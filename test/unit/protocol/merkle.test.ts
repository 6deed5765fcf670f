import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keccak } from "../../../src/protocol/hash.ts";
import { merkleProof, merkleTree, NO_ROOT, provesLeaf } from "../../../src/protocol/merkle.ts";
import type { Hex } from "../../../src/util/types.ts";
import { anyHex } from "./anyRecord.ts";

const anyLeaves = fc.uniqueArray(anyHex(32), { minLength: 1, maxLength: 40 });

/** `MerkleProof.processProof` and `Hashes.commutativeKeccak256` of OpenZeppelin 5, word for word. */
function processProof(proof: readonly Hex[], leaf: Hex): Hex {
  let computed = leaf;
  for (const one of proof)
    computed =
      BigInt(computed) < BigInt(one) ? keccak(`${computed}${one.slice(2)}`) : keccak(`${one}${computed.slice(2)}`);
  return computed;
}

describe("a Merkle tree", () => {
  it("proves each of its leaves, as the contracts check it", () => {
    fc.assert(
      fc.property(anyLeaves, (leaves) => {
        const tree = merkleTree(leaves);
        for (const leaf of leaves) {
          const proof = merkleProof(tree, leaf) ?? [];
          expect(processProof(proof, leaf)).toBe(tree.root);
          expect(provesLeaf({ root: tree.root, leaf, proof })).toBe(true);
          expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(leaves.length)));
        }
      }),
    );
  });

  it("is the same in whatever order the leaves came and however often", () => {
    fc.assert(
      fc.property(
        anyLeaves.chain((leaves) =>
          fc.tuple(fc.constant(leaves), fc.shuffledSubarray(leaves, { minLength: leaves.length }), fc.nat()),
        ),
        ([leaves, shuffled, pick]) => {
          const again = leaves[pick % leaves.length] as Hex;
          expect(merkleTree([...shuffled, again])).toEqual(merkleTree(leaves));
        },
      ),
    );
  });

  it("changes its root with any leaf that is added, left out or changed", () => {
    fc.assert(
      fc.property(anyLeaves, anyHex(32), fc.nat(), (leaves, other, pick) => {
        fc.pre(!leaves.includes(other));
        const { root } = merkleTree(leaves);
        const at = pick % leaves.length;
        expect(merkleTree([...leaves, other]).root).not.toBe(root);
        expect(merkleTree(leaves.toSpliced(at, 1)).root).not.toBe(root);
        expect(merkleTree(leaves.with(at, other)).root).not.toBe(root);
      }),
    );
  });

  it("has no proof for what is no leaf, and no other proof holds", () => {
    fc.assert(
      fc.property(anyLeaves, anyHex(32), fc.array(anyHex(32), { maxLength: 6 }), (leaves, other, proof) => {
        fc.pre(!leaves.includes(other));
        const tree = merkleTree(leaves);
        expect(merkleProof(tree, other)).toBeUndefined();
        expect(provesLeaf({ root: tree.root, leaf: other, proof })).toBe(false);
      }),
    );
  });

  it("over one leaf is the leaf, and over none is zero", () => {
    const leaf: Hex = `0x${"5a".repeat(32)}`;
    expect(merkleTree([leaf])).toMatchObject({ root: leaf, levels: [[leaf]] });
    expect(merkleProof(merkleTree([leaf]), leaf)).toEqual([]);
    expect(merkleTree([])).toMatchObject({ root: NO_ROOT, leaves: [] });
    expect(merkleProof(merkleTree([]), leaf)).toBeUndefined();
  });

  it("takes a hundred thousand leaves", () => {
    const leaves = Array.from({ length: 100_000 }, (_, n): Hex => `0x${n.toString(16).padStart(64, "0")}`);
    const tree = merkleTree(leaves);
    const leaf = leaves[99_999] as Hex;
    expect(provesLeaf({ root: tree.root, leaf, proof: merkleProof(tree, leaf) ?? [] })).toBe(true);
  });
});
