import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  costSeconds,
  expectedTokens,
  type MinerFacts,
  reputation,
  type SelectionTask,
  selectMiner,
} from "../../../src/protocol/selection.ts";
import { SlotBag, type Slots } from "../../../src/protocol/slotBag.ts";

const miner = (n: number, facts: Partial<MinerFacts> = {}): MinerFacts => ({
  miner: `0x${n.toString(16).padStart(40, "0")}`,
  model: "0xaa",
  contextTokens: 2048,
  promptPrice: 10n,
  outputPrice: 30n,
  circuitOpen: false,
  rttMs: 10,
  finished: 98,
  broken: 0,
  ...facts,
});

const task: SelectionTask = { model: "0xaa", contextTokens: 600, promptTokens: 100, expectedTokens: 500 };

function bagOf(miners: readonly MinerFacts[], slots = 1): SlotBag<MinerFacts> {
  const bag = new SlotBag<MinerFacts>();
  for (const one of miners) bag.setFree(one, slots);
  return bag;
}

/** Random numbers that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shares(candidates: Slots<MinerFacts>, rounds: number): Map<string, number> {
  const random = seeded(1);
  const counts = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    const { chosen } = selectMiner({ candidates, random, task });
    if (chosen) counts.set(chosen.miner, (counts.get(chosen.miner) ?? 0) + 1 / rounds);
  }
  return counts;
}

describe("selectMiner", () => {
  it("gives equal miners equal work", () => {
    const miners = Array.from({ length: 5 }, (_, n) => miner(n));
    const counts = shares(bagOf(miners), 10_000);
    for (const one of miners) expect(counts.get(one.miner)).toBeCloseTo(0.2, 1.5);
  });

  it("prefers the faster of two", () => {
    const fast = miner(1, { decodeMsPerToken: 10 });
    const slow = miner(2, { decodeMsPerToken: 100 });
    const decision = selectMiner({ candidates: bagOf([slow, fast]), random: seeded(3), task });
    expect(decision.chosen).toBe(fast);
    expect(decision.drawn.map(({ miner }) => miner)).toEqual([fast.miner, slow.miner]);
    expect(decision.passedOver).toEqual([{ miner: slow.miner, reason: "cost", needed: 5.51, found: 50.51 }]);
  });

  it("sends less to miners that break their promises", () => {
    const good = miner(1, { decodeMsPerToken: 50 });
    const bad = miner(2, { decodeMsPerToken: 49, finished: 4, broken: 94 });
    expect(shares(bagOf([good, bad]), 4000).get(bad.miner)).toBeLessThan(0.4);
  });

  it("takes a stranger with a bad name when there is nobody else", () => {
    const bad = miner(1, { finished: 0, broken: 1000 });
    const decision = selectMiner({ candidates: bagOf([bad]), random: () => 0.999, task });
    expect(decision).toMatchObject({ chosen: bad, passedOver: [], scanned: false });
  });

  it.each([
    ["model", { model: "0xbb" }, {}],
    ["circuit", { circuitOpen: true }, {}],
    ["context", { contextTokens: 599 }, { needed: 600, found: 599 }],
    ["price", { promptPrice: 11n }, { needed: 10n, found: 11n }],
    ["price", { outputPrice: 31n }, { needed: 30n, found: 31n }],
  ] as const)("passes over a miner because of its %s", (reason, facts, values) => {
    const limited = { ...task, maxPromptPrice: 10n, maxOutputPrice: 30n };
    const candidates = bagOf([miner(1, facts)]);
    expect(selectMiner({ candidates, random: seeded(1), task: limited })).toEqual({
      drawn: [],
      passedOver: [{ miner: miner(1).miner, reason, ...values }],
      scanned: true,
    });
  });

  it("gives a task to another miner the second time", () => {
    const [first, second] = [miner(1), miner(2)];
    const again = { ...task, exclude: new Set([first.miner]) };
    const decision = selectMiner({ candidates: bagOf([first, second]), random: seeded(1), task: again });
    expect(decision.chosen).toBe(second);
  });

  it("finds the one miner among many that passes, and says why the others do not", () => {
    const others = Array.from({ length: 200 }, (_, n) => miner(n, { contextTokens: 100 }));
    const fitting = miner(1000);
    const decision = selectMiner({ candidates: bagOf([...others, fitting]), random: seeded(1), task });
    expect(decision).toMatchObject({ chosen: fitting, scanned: true });
    expect(decision.passedOver).toHaveLength(200);
  });

  it("has nothing to say of an empty bag", () => {
    const nothing = { drawn: [], passedOver: [], scanned: true };
    expect(selectMiner({ candidates: bagOf([]), random: seeded(1), task })).toEqual(nothing);
  });

  it("looks at a few miners, however many there are", () => {
    for (const size of [10, 100_000]) {
      const miners = Array.from({ length: 10 }, (_, n) => miner(n));
      let looks = 0;
      const candidates: Slots<MinerFacts> = {
        size,
        at: (index) => {
          looks += 1;
          return miners[index % miners.length];
        },
      };
      const random = seeded(5);
      for (let round = 0; round < 100; round += 1) selectMiner({ candidates, random, task });
      expect(looks / 100).toBeLessThan(4);
    }
  });

  it("never chooses a miner that a filter stands against, always one that passes, and tells all it saw", () => {
    const facts = fc.record({
      model: fc.constantFrom("0xaa" as const, "0xbb" as const),
      contextTokens: fc.constantFrom(500, 600, 4096),
      outputPrice: fc.constantFrom(30n, 31n),
      circuitOpen: fc.boolean(),
      finished: fc.nat(50),
      broken: fc.nat(50),
      decodeMsPerToken: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
    });
    const limited: SelectionTask = { ...task, maxOutputPrice: 30n };
    const passes = (one: MinerFacts) =>
      one.model === "0xaa" && one.contextTokens >= 600 && one.outputPrice <= 30n && !one.circuitOpen;
    fc.assert(
      fc.property(
        fc.array(facts, { maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer(),
        (all, slots, seed) => {
          const miners = all.map((one, n) => miner(n, one));
          const decision = selectMiner({ candidates: bagOf(miners, slots), random: seeded(seed), task: limited });
          expect(decision.chosen !== undefined).toBe(miners.some(passes));
          if (decision.chosen) expect(passes(decision.chosen)).toBe(true);
          const [best, other] = decision.drawn;
          expect(best?.miner).toBe(decision.chosen?.miner);
          expect(best === undefined || other?.miner !== best.miner).toBe(true);
          if (best && other) expect(best.costSeconds).toBeLessThanOrEqual(other.costSeconds);
          expect(decision.passedOver.map((one) => one.miner)).not.toContain(decision.chosen?.miner);
          if (!decision.chosen) expect(decision.passedOver).toHaveLength(miners.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("the cost of a task", () => {
  it("adds up the way, the prompt and the answer", () => {
    const measured = miner(1, { rttMs: 20, prefillMsPerToken: 2, decodeMsPerToken: 30 });
    expect(costSeconds(measured, task)).toBeCloseTo(0.02 + 0.2 + 15, 9);
    expect(costSeconds(measured, { ...task, prefixMatch: () => 0.75 })).toBeCloseTo(0.02 + 0.05 + 15, 9);
  });

  it("takes the model's usual times for a miner not measured yet, else fixed ones", () => {
    expect(costSeconds(miner(1), task)).toBeCloseTo(0.01 + 0.5 + 25, 9);
    expect(costSeconds(miner(1), { ...task, usual: { decodeMsPerToken: 10 } })).toBeCloseTo(0.01 + 0.5 + 5, 9);
  });

  it("expects what the key's answers are like, within the limit", () => {
    expect(expectedTokens({ maxTokens: 100 })).toBe(100);
    expect(expectedTokens({ maxTokens: 100, average: 40 })).toBe(40);
    expect(expectedTokens({ maxTokens: 100, average: 400 })).toBe(100);
  });

  it("starts a reputation at a half", () => {
    expect(reputation({ finished: 0, broken: 0 })).toBe(0.5);
    expect(reputation({ finished: 98, broken: 0 })).toBe(0.99);
    expect(reputation({ finished: 8, broken: 90 })).toBe(0.09);
  });
});

describe("SlotBag", () => {
  it("holds an entry for each free slot, whatever is added and taken", () => {
    const step = fc.tuple(fc.constantFrom("add", "take", "set"), fc.nat(4), fc.nat(5));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bag = new SlotBag<number>();
        const model = [0, 0, 0, 0, 0];
        for (const [kind, item, count] of steps) {
          const had = model[item] ?? 0;
          if (kind === "take") expect(bag.take(item)).toBe(had > 0);
          if (kind === "add") bag.add(item);
          if (kind === "set") bag.setFree(item, count);
          model[item] = { add: had + 1, take: Math.max(0, had - 1), set: count }[kind] ?? 0;
          const entries = Array.from({ length: bag.size }, (_, index) => bag.at(index));
          expect(model.map((_, one) => entries.filter((entry) => entry === one).length)).toEqual(model);
          expect(model.map((_, one) => bag.free(one))).toEqual(model);
        }
      }),
    );
  });
});
