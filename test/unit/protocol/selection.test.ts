import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MinerFacts, SelectionTask } from "../../../src/protocol/minerFacts.ts";
import { isTrusted } from "../../../src/protocol/reputation.ts";
import { selectMiner, selectNamed } from "../../../src/protocol/selection.ts";
import type { Slots } from "../../../src/protocol/slotBag.ts";
import type { Address } from "../../../src/util/types.ts";
import { seeded } from "../../support/seeded.ts";
import { bagOf, miner, task } from "./anyMiner.ts";

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
    expect(decision.drawn[0]).toMatchObject({
      rttSeconds: 0.01,
      prefillSeconds: 0.5,
      decodeSeconds: 5,
      prefixMatch: 0,
    });
    expect(decision).toMatchObject({ scanned: false, explored: false, freeSlots: 2, freeMiners: 2 });
    expect(decision.passedOver).toEqual([{ miner: slow.miner, reason: "cost", needed: 5.51, found: 50.51 }]);
  });

  it("sends less to miners that break their promises", () => {
    const good = miner(1, { decodeMsPerToken: 50 });
    const bad = miner(2, { decodeMsPerToken: 49, finished: 4, broken: 94 });
    expect(shares(bagOf([good, bad]), 4000).get(bad.miner)).toBeLessThan(0.4);
  });

  it("seldom keeps what costs more than is usual, and takes the cheapest it met when there is nothing else", () => {
    const usual = { prefillMsPerToken: 1, decodeMsPerToken: 20 };
    const slow = Array.from({ length: 30 }, (_, n) => miner(n, { ...usual, decodeMsPerToken: 200 + n }));
    const quick = Array.from({ length: 10 }, (_, n) => miner(100 + n, usual));
    const random = seeded(5);
    const chosen = (candidates: Slots<MinerFacts>) => {
      const decision = selectMiner({ candidates, random, task: { ...task, usual } });
      return decision.chosen?.decodeMsPerToken ?? 0;
    };
    const mixed = bagOf([...slow, ...quick]);
    const times = Array.from({ length: 2000 }, () => chosen(mixed));
    expect(times.filter((ms) => ms >= 200).length / 2000).toBeLessThan(0.02);
    const onlySlow = bagOf(slow);
    const mean = Array.from({ length: 500 }, () => chosen(onlySlow)).reduce((sum, ms) => sum + ms / 500, 0);
    expect(mean).toBeLessThan(207);
  });

  it("takes a stranger with a bad name when there is nobody else", () => {
    const bad = miner(1, { finished: 0, broken: 1000 });
    const decision = selectMiner({ candidates: bagOf([bad]), random: () => 0.999, task });
    expect(decision).toMatchObject({ chosen: bad, passedOver: [], scanned: false });
  });

  it.each([
    ["model", { model: "0xbb" }, {}],
    ["circuit", { circuitOpen: true }, {}],
    ["owner", { owner: "0xbb" }, {}],
    ["class", { class: 2 }, { needed: 3, found: 2 }],
    ["context", { contextTokens: 599 }, { needed: 600, found: 599 }],
    ["price", { promptPrice: 11n }, { needed: 10n, found: 11n }],
    ["price", { outputPrice: 31n }, { needed: 30n, found: 31n }],
  ] as const)("passes over a miner because of its %s", (reason, facts, values) => {
    const excludeOwners = new Set<Address>(["0xbb"]);
    const limited = { ...task, maxPromptPrice: 10n, maxOutputPrice: 30n, minClass: 3, excludeOwners };
    const candidates = bagOf([miner(1, { class: 3, ...facts })]);
    const decision = selectMiner({ candidates, random: seeded(1), task: limited });
    expect(decision.passedOver).toEqual([{ miner: miner(1).miner, reason, ...values }]);
    expect(decision).toMatchObject({ drawn: [], scanned: true, freeSlots: 1, freeMiners: 1 });
    expect(decision.chosen).toBeUndefined();
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
    const nothing = { drawn: [], passedOver: [], scanned: true, explored: false, freeSlots: 0, freeMiners: 0 };
    expect(selectMiner({ candidates: bagOf([]), random: seeded(1), task })).toEqual(nothing);
  });

  it("draws at most twice as often among 100,000 miners as among 100", () => {
    const usual = { prefillMsPerToken: 1, decodeMsPerToken: 20 };
    const drawsAmong = (size: number): number => {
      const speed = seeded(size);
      const others = bagOf(Array.from({ length: size / 10 }, (_, n) => miner(size + n, { finished: n % 10 })));
      const trusted = (n: number) =>
        miner(n, { ...usual, decodeMsPerToken: 20 * 2 ** (2 * speed() - 1), strain: 1 + speed() });
      const candidates = bagOf(
        Array.from({ length: size }, (_, n) => trusted(n)),
        2,
      );
      const random = seeded(3);
      let draws = 0;
      const counted = (): number => {
        draws += 1;
        return random();
      };
      for (let round = 0; round < 2000; round += 1)
        selectMiner({ candidates, others, random: counted, task: { ...task, usual } });
      return draws;
    };
    expect(drawsAmong(100_000)).toBeLessThanOrEqual(2 * drawsAmong(100));
  });

  it("looks at a few miners, however many there are", () => {
    for (const size of [10, 100_000]) {
      const miners = Array.from({ length: 10 }, (_, n) => miner(n));
      let looks = 0;
      const candidates: Slots<MinerFacts> = {
        size,
        holders: size,
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
      class: fc.option(fc.nat(2), { nil: undefined }),
      finished: fc.nat(50),
      broken: fc.nat(50),
      decodeMsPerToken: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
    });
    const limited: SelectionTask = { ...task, maxOutputPrice: 30n, minClass: 1 };
    const passes = (one: MinerFacts) =>
      one.model === "0xaa" &&
      one.contextTokens >= 600 &&
      one.outputPrice <= 30n &&
      !one.circuitOpen &&
      (one.class ?? 0) >= 1;
    fc.assert(
      fc.property(
        fc.array(facts, { maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer(),
        (all, slots, seed) => {
          const miners = all.map((one, n) => miner(n, one));
          const candidates = bagOf(miners.filter(isTrusted), slots);
          const others = bagOf(
            miners.filter((one) => !isTrusted(one)),
            slots,
          );
          const decision = selectMiner({ candidates, others, random: seeded(seed), task: limited });
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

  it("gives newcomers and miners out of favour 3 of 100 orders between them", () => {
    const trusted = Array.from({ length: 20 }, (_, n) => miner(n));
    const newcomers = Array.from({ length: 20 }, (_, n) => miner(100 + n, { finished: 1, decodeMsPerToken: 1 }));
    const candidates = bagOf(trusted);
    const others = bagOf([...newcomers, miner(200, { finished: 50, broken: 50 })]);
    const random = seeded(7);
    let explored = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const decision = selectMiner({ candidates, others, random, task });
      expect(decision.explored).toBe(!trusted.some((one) => one === decision.chosen));
      if (decision.explored) explored += 1;
    }
    expect(explored / 20_000).toBeCloseTo(0.03, 2);
  });

  it("gives newcomers everything when nobody else passes the filters, and the others theirs when no newcomer does", () => {
    const tooSmall = Array.from({ length: 30 }, (_, n) => miner(n, { contextTokens: 10 }));
    const newcomer = miner(100, { finished: 0 });
    const random = seeded(9);
    for (let round = 0; round < 300; round += 1) {
      const few = { candidates: bagOf(tooSmall), others: bagOf([newcomer]), random, task };
      expect(selectMiner(few).chosen).toBe(newcomer);
      const many = { candidates: bagOf([newcomer]), others: bagOf(tooSmall), random, task };
      expect(selectMiner(many).chosen).toBe(newcomer);
    }
  });

  it("takes a miner that was named, newcomer or not, and no other", () => {
    const named = miner(1, { finished: 0, broken: 3 });
    expect(selectNamed(named, { free: 1, task })).toMatchObject({ chosen: named, passedOver: [] });
    const busy = selectNamed(named, { free: 0, task });
    expect(busy.chosen).toBeUndefined();
    expect(busy.passedOver).toEqual([{ miner: named.miner, reason: "busy" }]);
    const resting = selectNamed({ ...named, circuitOpen: true }, { free: 1, task });
    expect(resting.passedOver).toEqual([{ miner: named.miner, reason: "circuit" }]);
  });
});
