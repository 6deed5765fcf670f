import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONVICTED, FULL_LIVENESS, NEW_NODE } from "../../../src/protocol/nodeState.ts";
import { effectiveStake, epochEmission, epochPay, type PaidNode, tierOf } from "../../../src/protocol/rewards.ts";
import { rules } from "./anyReport.ts";

const live = { ...NEW_NODE, liveness: FULL_LIVENESS, confirmedAge: 0 };
const miner: PaidNode = {
  role: "miner",
  stakeWei: 100n,
  state: { ...live, class: 4 },
  ageEpochs: 30,
  forfeits: false,
  reported: 0n,
};
const anyNode: fc.Arbitrary<PaidNode> = fc.record({
  role: fc.constantFrom("miner", "validator", "router"),
  stakeWei: fc.bigInt(100n, 1_000_000n),
  state: fc.record({
    liveness: fc.nat(FULL_LIVENESS),
    class: fc.nat(10),
    run: fc.constant(0),
    streak: fc.nat(20),
    cusum: fc.constantFrom(0, 6000, CONVICTED - 1, CONVICTED, 0xffff),
    confirmedAge: fc.nat(30),
  }),
  ageEpochs: fc.nat(60),
  forfeits: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
  reported: fc.bigInt(0n, 10n ** 9n),
});
const sum = (all: readonly bigint[]): bigint => all.reduce((total, each) => total + each, 0n);

test("an epoch never pays more than its emission, and nothing to the convicted and those with evidence against them", () => {
  fc.assert(
    fc.property(fc.array(anyNode, { maxLength: 12 }), fc.nat(20), (nodes, epoch) => {
      const pay = epochPay(nodes, epoch, rules);
      expect(sum(pay)).toBeLessThanOrEqual(epochEmission(epoch, rules));
      for (const [at, { state, forfeits }] of nodes.entries()) {
        if (forfeits || state.cusum >= CONVICTED) expect(pay[at]).toBe(0n);
      }
      for (const [role, bps] of [
        ["miner", 7000n],
        ["validator", 2000n],
        ["router", 1000n],
      ] as const) {
        const paid = sum(pay.filter((_, at) => nodes[at]?.role === role));
        expect(paid * 10_000n).toBeLessThanOrEqual(epochEmission(epoch, rules) * bps + 10_000n);
      }
    }),
  );
});

test("the emission is halved again and again", () => {
  expect([0, 2, 3, 5, 6, 9].map((epoch) => epochEmission(epoch, rules))).toEqual(
    [1_000_000, 1_000_000, 500_000, 500_000, 250_000, 125_000].map(BigInt),
  );
  expect(epochEmission(3 * 400, rules)).toBe(0n);
});

test("splitting a machine's stake over several nodes gains nothing", () => {
  fc.assert(
    fc.property(fc.array(anyNode, { maxLength: 5 }), fc.bigInt(2n, 8n), fc.nat(10), (others, parts, of) => {
      const useful = effectiveStake(10n ** 12n, of, rules.minimumStakeWei);
      const stakeWei = (useful / parts) * parts;
      const whole = { ...miner, stakeWei, state: { ...live, class: of } };
      const part = { ...whole, stakeWei: stakeWei / parts };
      const one = epochPay([whole, ...others], 0, rules)[0] ?? 0n;
      const many = epochPay([...Array.from({ length: Number(parts) }, () => part), ...others], 0, rules);
      expect(sum(many.slice(0, Number(parts)))).toBeLessThanOrEqual(one);
    }),
  );
});

test("stake counts up to what the machine's bandwidth has a use for", () => {
  expect([0, 1, 2, 4, 7, 10].map((of) => effectiveStake(10n ** 9n, of, 100n))).toEqual(
    [100, 100, 251, 1600, 25_600, 409_600].map(BigInt),
  );
  expect(effectiveStake(50n, 10, 100n)).toBe(50n);
});

describe("capability", () => {
  test("is paid while a class above 0 was confirmed lately, and goes unpaid without anybody", () => {
    const pay = (changes: Partial<PaidNode["state"]>): bigint =>
      epochPay([{ ...miner, state: { ...miner.state, ...changes } }], 0, rules)[0] ?? 0n;
    expect(pay({})).toBe(700_000n);
    expect(pay({ confirmedAge: 23 })).toBe(700_000n);
    expect(pay({ confirmedAge: 24 })).toBe(280_000n);
    expect(pay({ class: 0 })).toBe(280_000n);
  });
});

test("validators share by what they reported, whatever their tier", () => {
  const validator = (reported: bigint): PaidNode => ({ ...miner, role: "validator", state: NEW_NODE, reported });
  expect(epochPay([validator(300n), validator(100n), validator(0n)], 0, rules)).toEqual([150_000n, 50_000n, 0n]);
});

test.each([
  ["none", { percent: 59 }],
  ["bronze", { percent: 60 }],
  ["bronze", { percent: 100, class: 1 }],
  ["silver", { percent: 81, class: 2 }],
  ["silver", { percent: 100, class: 4, ageEpochs: 23 }],
  ["gold", { percent: 96, class: 4 }],
  ["gold", { percent: 100, class: 6, streak: 6 }],
  ["platinum", { percent: 100, class: 6, streak: 7 }],
] as const)("the tier %s is reached with %o", (name, { percent, ...rest }) => {
  const { class: of = 0, ageEpochs = 24, streak = 0 } = rest as { class?: number; ageEpochs?: number; streak?: number };
  const liveness = Math.ceil((FULL_LIVENESS * percent) / 100);
  expect(tierOf({ role: "miner", ageEpochs, state: { ...live, liveness, class: of, streak } })).toBe(name);
});

test("a router's tier asks for no class", () => {
  expect(tierOf({ role: "router", ageEpochs: 24, state: { ...live, streak: 7 } })).toBe("platinum");
});
