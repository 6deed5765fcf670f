import { AbiCoder, concat, keccak256 } from "ethers";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { payoutLeaf, PayoutTree, rootOfProof } from "../../../src/protocol/payoutTree.ts";
import type { Hex } from "../../../src/util/types.ts";
import { anyHex } from "./anyRecord.ts";

const abi = AbiCoder.defaultAbiCoder();
const leaves = fc.uniqueArray(anyHex(32), { minLength: 1, maxLength: 40 });

/** `MerkleProof.processProof` of OpenZeppelin, said again. */
function processed(leaf: Hex, proof: readonly Hex[]): string {
  return proof.reduce<string>((node, side) => keccak256(concat(node < side ? [node, side] : [side, node])), leaf);
}

test("a leaf is the hash of the hash of owner and sum", () => {
  fc.assert(
    fc.property(anyHex(20), fc.bigInt(0n, 2n ** 256n - 1n), (owner, cumulative) => {
      const words = abi.encode(["address", "uint256"], [owner, cumulative]);
      expect(payoutLeaf(owner, cumulative)).toBe(keccak256(keccak256(words)));
    }),
  );
});

test("every leaf leads to the root, in whichever order they came, and nothing else does", () => {
  fc.assert(
    fc.property(leaves, anyHex(32), (all, stranger) => {
      fc.pre(!all.includes(stranger));
      const tree = new PayoutTree(all);
      expect(new PayoutTree(all.toReversed()).root).toBe(tree.root);
      for (const leaf of all) {
        const proof = tree.proof(leaf) ?? [];
        expect(processed(leaf, proof)).toBe(tree.root);
        expect(rootOfProof(leaf, proof)).toBe(tree.root);
        expect(rootOfProof(stranger, proof)).not.toBe(tree.root);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(all.length)));
      }
      expect(tree.proof(stranger)).toBeUndefined();
    }),
  );
});

test("a tree of one leaf is that leaf", () => {
  const leaf = payoutLeaf(`0x${"11".repeat(20)}`, 5n);
  expect(new PayoutTree([leaf]).root).toBe(leaf);
  expect(new PayoutTree([leaf]).proof(leaf)).toEqual([]);
  expect(() => new PayoutTree([])).toThrow("needs a leaf");
});
