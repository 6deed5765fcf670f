import * as fc from "fast-check";
import { expect, test } from "vitest";
import { deploymentParameters, epochAt } from "../../../src/chain/parameters.ts";
import { phaseAt } from "../../../src/protocol/phase.ts";
import { type RegistryEvent, rosterAt, validatorWeight } from "../../../src/chain/roster.ts";

const node = `0x${"11".repeat(20)}` as const;
const owner = `0x${"22".repeat(20)}` as const;
const born: RegistryEvent = { kind: "registered", node, owner, role: "validator", index: 3, since: 2, stakeWei: 100n };
const stake = (stakeWei: bigint, fromEpoch: number): RegistryEvent => ({ kind: "stake", node, stakeWei, fromEpoch });
const suspended = (fromEpoch: number): RegistryEvent => ({ kind: "suspended", node, fromEpoch });
const resumed = (fromEpoch: number): RegistryEvent => ({ kind: "resumed", node, fromEpoch });

const weights = (events: readonly RegistryEvent[], until: number): number[] =>
  Array.from({ length: until }, (_, epoch) => Number(validatorWeight(events, epoch)));

test("a stake counts from the epoch on in which it is in force, the last word of an epoch being the one that holds", () => {
  const events = [born, stake(100n, 2), stake(150n, 4), stake(0n, 4), stake(120n, 4), stake(0n, 6)];
  expect(weights(events, 8)).toEqual([0, 0, 100, 100, 120, 120, 0, 0]);
  expect(rosterAt(events, 4)).toEqual([
    { address: node, owner, role: "validator", index: 3, since: 2, stakeWei: 120n },
  ]);
});

test("a suspended validator has no weight and is new when it is back, earlier epochs staying as they were", () => {
  const events = [born, suspended(4), stake(130n, 5), resumed(7)];
  expect(weights(events, 9)).toEqual([0, 0, 100, 100, 0, 0, 0, 130, 130]);
  expect(rosterAt(events, 3)[0]?.since).toBe(2);
  expect(rosterAt(events, 7)[0]?.since).toBe(7);
});

test("a key that comes back is another node", () => {
  const again: RegistryEvent = { ...born, role: "miner", index: 0, since: 9, stakeWei: 50n };
  const events = [born, stake(0n, 4), again];
  expect(rosterAt(events, 3)).toMatchObject([{ role: "validator", index: 3 }]);
  expect(rosterAt(events, 6)).toEqual([]);
  expect(rosterAt(events, 9)).toMatchObject([{ role: "miner", index: 0, stakeWei: 50n }]);
});

test("phases of any epoch length follow one another within it, and none is empty", () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 86_400 }), fc.boolean(), fc.nat(1_000_000), (epochSeconds, practice, at) => {
      const parameters = deploymentParameters(practice, { genesis: 1000, epochSeconds });
      const { anchorSeconds, commitSeconds, revealSeconds } = parameters;
      const edges = [0, anchorSeconds, commitSeconds, revealSeconds, epochSeconds];
      expect(edges).toEqual([...new Set(edges)].toSorted((a, b) => a - b));
      const now = 1000 + at;
      const { reported, phase } = phaseAt(now, parameters);
      expect(reported).toBe(epochAt(now, parameters).epoch - 1);
      const from = edges[["anchor", "commit", "reveal", "settle"].indexOf(phase)] ?? 0;
      expect(at % epochSeconds).toBeGreaterThanOrEqual(from);
    }),
  );
});
