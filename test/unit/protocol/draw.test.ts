import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DrawLeaf,
  type DrawRules,
  defaultDrawRules,
  drawnLeaves,
  dueValidators,
} from "../../../src/protocol/draw.ts";
import { keccak } from "../../../src/protocol/hash.ts";
import type { Address, Hex } from "../../../src/util/types.ts";
import { anyHex } from "./anyRecord.ts";

const rules: DrawRules = defaultDrawRules(false);
const hashOf = (text: string): Hex => keccak(new TextEncoder().encode(text));
const minerOf = (n: number): Address => hashOf(`miner ${n}`).slice(0, 42) as Address;
const leavesOf = (miner: number, count: number, seed = ""): DrawLeaf[] =>
  Array.from({ length: count }, (_, n) => ({
    leaf: hashOf(`leaf ${seed} ${miner} ${n}`),
    order: hashOf(`order ${seed} ${miner} ${n}`),
    miner: minerOf(miner),
  }));

const anyEpoch = fc
  .record({
    counts: fc.array(fc.nat({ max: 60 }), { maxLength: 5 }),
    seed: fc.string({ maxLength: 4 }),
    blockHash: anyHex(32),
    audited: fc.array(fc.nat({ max: 80 }), { minLength: 5, maxLength: 5 }),
    most: fc.nat({ max: 200 }),
  })
  .map(({ counts, seed, blockHash, audited, most }) => {
    const audits = new Map(audited.map((count, n) => [minerOf(n), count]));
    const leaves = counts.flatMap((count, n) => leavesOf(n, count, seed));
    const draw = {
      blockHash,
      rules: { ...rules, mostLeaves: most },
      audits: (miner: Address) => audits.get(miner) ?? 0,
    };
    return { leaves, draw };
  });

describe("the leaves of an epoch that are replayed", () => {
  it("are the same for everybody, in whatever order and however often the leaves came", () => {
    fc.assert(
      fc.property(
        anyEpoch.chain((epoch) =>
          fc.tuple(fc.constant(epoch), fc.shuffledSubarray(epoch.leaves, { minLength: epoch.leaves.length })),
        ),
        ([{ leaves, draw }, shuffled]) => {
          const drawn = drawnLeaves(leaves, draw);
          expect(drawnLeaves([...shuffled, ...leaves.slice(0, 5)], draw)).toEqual(drawn);
          expect(new Set(drawn).size).toBe(drawn.length);
          expect(leaves.map(({ leaf }) => leaf)).toEqual(expect.arrayContaining([...drawn]));
        },
      ),
    );
  });

  it("are at least the minimum of each miner, all of a newcomer's first ones, and never more than the limit", () => {
    fc.assert(
      fc.property(anyEpoch, ({ leaves, draw }) => {
        const drawn = new Set(drawnLeaves(leaves, { ...draw, rules }));
        for (const [miner, own] of Map.groupBy(leaves, (leaf) => leaf.miner)) {
          const least = Math.max(rules.leastLeaves, rules.newcomerAudits - draw.audits(miner));
          const count = own.filter(({ leaf }) => drawn.has(leaf)).length;
          expect(count).toBeGreaterThanOrEqual(Math.min(least, own.length));
        }
        const limited = drawnLeaves(leaves, draw);
        expect(limited.length).toBe(Math.min(drawn.size, draw.rules.mostLeaves));
        expect([...drawn]).toEqual(expect.arrayContaining([...limited]));
      }),
    );
  });

  it("are taken from every miner before a second is taken from one, when there are too many", () => {
    const leaves = [...leavesOf(0, 500), ...leavesOf(1, 3), ...leavesOf(2, 1)];
    const draw = { blockHash: hashOf("block"), rules: { ...rules, mostLeaves: 5 }, audits: () => 0 };
    const drawn = new Set(drawnLeaves(leaves, draw));
    const counts = [0, 1, 2].map(
      (n) => leaves.filter(({ miner, leaf }) => miner === minerOf(n) && drawn.has(leaf)).length,
    );
    expect(counts).toEqual([2, 2, 1]);
  });

  it("of any part of a miner's leaves include those of the whole, so that a node never hides a drawn one by mistake", () => {
    fc.assert(
      fc.property(anyEpoch, fc.func(fc.boolean()), ({ leaves, draw }, isMine) => {
        const all = new Set(drawnLeaves(leaves, { ...draw, rules }));
        const mine = leaves.filter(({ leaf }) => isMine(leaf));
        const ofMine = new Set(drawnLeaves(mine, { ...draw, rules }));
        for (const { leaf } of mine) if (all.has(leaf)) expect(ofMine.has(leaf)).toBe(true);
      }),
    );
  });

  it("are on average as many as the rate says, above the minimum", () => {
    const leaves = leavesOf(0, 20_000);
    const settled = { rules: { ...rules, mostLeaves: 1e9 }, audits: () => 1000 };
    const counts = ["a", "b", "c"].map((name) => drawnLeaves(leaves, { ...settled, blockHash: hashOf(name) }).length);
    // 2% of 20,000 is 400, with a standard deviation of 20.
    for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(100);
    const all = drawnLeaves(leaves, {
      ...settled,
      rules: { ...settled.rules, rateBps: 10_000 },
      blockHash: hashOf("a"),
    });
    expect(all).toHaveLength(20_000);
  });

  it("count an order once, whoever anchored it and with whatever measurements", () => {
    const [one, two] = leavesOf(0, 2) as [DrawLeaf, DrawLeaf];
    const twice = { ...two, order: one.order };
    const draw = { blockHash: hashOf("block"), rules, audits: () => 0 };
    expect(drawnLeaves([one, twice], draw)).toEqual([[one.leaf, twice.leaf].sort()[0]]);
    expect(drawnLeaves([twice, one, one], draw)).toEqual(drawnLeaves([one, twice], draw));
  });

  it("cannot be foreseen: another block draws others", () => {
    const leaves = leavesOf(0, 300);
    const settled = { rules, audits: () => 50 };
    const draws = ["a", "b", "c", "d"].map((name) =>
      drawnLeaves(leaves, { ...settled, blockHash: hashOf(name) }).join(),
    );
    expect(new Set(draws).size).toBe(4);
  });
});

describe("the validators that replay a miner", () => {
  const anyValidators = fc.uniqueArray(anyHex(20), { maxLength: 20 });

  it("are all where there are few, and seven where there are more, the same for everybody", () => {
    fc.assert(
      fc.property(anyValidators, anyHex(20), anyHex(32), (validators, miner, blockHash) => {
        const due = dueValidators(validators, { miner, blockHash, most: 7 });
        expect(due).toHaveLength(Math.min(7, validators.length));
        expect(validators).toEqual(expect.arrayContaining([...due]));
        expect(dueValidators(validators.toReversed(), { miner, blockHash, most: 7 })).toEqual(due);
      }),
    );
  });

  it("are each as likely as the others, and others for another miner", () => {
    const validators = Array.from({ length: 14 }, (_, n) => minerOf(n));
    const times = new Map<Address, number>();
    for (let n = 0; n < 1000; n += 1)
      for (const one of dueValidators(validators, { miner: minerOf(n), blockHash: hashOf("block"), most: 7 }))
        times.set(one, (times.get(one) ?? 0) + 1);
    // Half of 1,000 each, with a standard deviation of 16.
    for (const validator of validators) expect(Math.abs((times.get(validator) ?? 0) - 500)).toBeLessThan(80);
  });
});
