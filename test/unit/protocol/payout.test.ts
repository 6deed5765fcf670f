import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSigner } from "../../../src/keys/signer.ts";
import { FULL_LIVENESS, NEW_NODE, readNodeState } from "../../../src/protocol/nodeState.ts";
import { type EpochLogs, nextPayout, type RosterNode } from "../../../src/protocol/payout.ts";
import { payoutLeaf, rootOfProof } from "../../../src/protocol/payoutTree.ts";
import type { Observation, Report } from "../../../src/protocol/report.ts";
import { reportLabel, sealedReport } from "../../../src/protocol/reportSeal.ts";
import { epochEmission } from "../../../src/protocol/rewards.ts";
import {
  claimProof,
  decodeSettled,
  encodeSettled,
  NOTHING_SETTLED,
  type Settled,
  settledRoot,
} from "../../../src/protocol/settled.ts";
import { weightedMedian } from "../../../src/protocol/weightedMedian.ts";
import { bytesOf, hexOf } from "../../../src/util/hex.ts";
import type { Address, Hex } from "../../../src/util/types.ts";
import { address, anyReport, logsOf, rules, type Voice } from "./anyReport.ts";

const ROLES = ["miner", "validator", "router"] as const;
const VALIDATORS = 5;
const anyNodes: fc.Arbitrary<readonly RosterNode[]> = fc
  .array(fc.record({ role: fc.constantFrom(...ROLES), owner: fc.nat(3), stake: fc.bigInt(100n, 5000n) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((nodes) =>
    nodes.map(({ role, owner, stake }, index) => ({
      address: address(100 + index),
      owner: address(1 + owner),
      role,
      index,
      since: 0,
      stakeWei: stake,
    })),
  );
const anyVoices: fc.Arbitrary<readonly Voice[]> = fc
  .array(fc.record({ weight: fc.bigInt(1n, 1000n), report: anyReport }), { maxLength: VALIDATORS })
  .map((voices) => voices.map((voice, at) => ({ ...voice, validator: address(100 + at) })));
const anyEpochs = fc.tuple(anyNodes, fc.array(anyVoices, { minLength: 1, maxLength: 4 }));

function settle([nodes, epochs]: readonly [readonly RosterNode[], readonly (readonly Voice[])[]]): Settled {
  return epochs.reduce<Settled>(
    (before, voices, epoch) => nextPayout(before, logsOf(voices, { epoch, nodes }), rules),
    NOTHING_SETTLED,
  );
}

function shuffled<T>(items: readonly T[], order: readonly number[]): readonly T[] {
  const keyed = items.map((item, at) => [order[at % order.length] ?? 0, at, item] as const);
  return keyed.toSorted(([a, i], [b, j]) => a - b || j - i).map(([, , item]) => item);
}

test("the same logs give the same root in whichever order they came", () => {
  fc.assert(
    fc.property(anyEpochs, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), ([nodes, epochs], order) => {
      const mixed = epochs.reduce<Settled>((before, voices, epoch) => {
        const logs = logsOf(voices, { epoch, nodes });
        const other: EpochLogs = {
          ...logs,
          nodes: shuffled(logs.nodes, order),
          commits: shuffled(logs.commits, order.toReversed()),
          reveals: shuffled(logs.reveals, order.slice(3)),
        };
        return nextPayout(before, other, rules);
      }, NOTHING_SETTLED);
      expect(settledRoot(mixed)).toBe(settledRoot(settle([nodes, epochs])));
    }),
  );
});

test("what owners have earned only grows, and together is at most what the epochs emit", () => {
  fc.assert(
    fc.property(anyEpochs, ([nodes, epochs]) => {
      const steps = epochs.map((_, at) => settle([nodes, epochs.slice(0, at + 1)]));
      for (const [at, { totals, epoch }] of steps.entries()) {
        const paid = [...totals.values()].reduce((sum, total) => sum + total, 0n);
        const emitted = steps.slice(0, at + 1).reduce((sum, _, each) => sum + epochEmission(each, rules), 0n);
        expect(epoch).toBe(at);
        expect(paid).toBeLessThanOrEqual(emitted);
        for (const [owner, total] of steps[at - 1]?.totals ?? []) {
          expect(totals.get(owner)).toBeGreaterThanOrEqual(total);
        }
      }
    }),
  );
});

test("a settled state is taken from anybody, and believed only under its root", () => {
  fc.assert(
    fc.property(anyEpochs, fc.nat(), (run, at) => {
      const settled = settle(run);
      const root = settledRoot(settled);
      const bytes = encodeSettled(settled);
      expect(decodeSettled(bytes, root)).toEqual(settled);
      const changed = Uint8Array.from(bytes);
      changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ 1;
      const read = decodeSettled(changed, root);
      // A changed byte that reads as the same content would have to be another form of it.
      expect(read).toBeUndefined();
      for (const [owner, total] of settled.totals) {
        expect(rootOfProof(payoutLeaf(owner, total), claimProof(settled, owner) ?? [])).toBe(root);
      }
    }),
  );
  expect(claimProof(NOTHING_SETTLED, address(9))).toBeUndefined();
});

const ATTACKS = ["lowest", "highest", "opposite", "split", "random"] as const;

/** What a dishonest validator says where honest ones see `honest`. */
function lie(attack: (typeof ATTACKS)[number], honest: readonly number[], at: number): number {
  const [low, high] = [Math.min(...honest), Math.max(...honest)];
  if (attack === "lowest") return 0;
  if (attack === "highest") return 1000;
  if (attack === "opposite") return high > 500 ? low - 1 : high + 1;
  if (attack === "split") return at % 2 === 0 ? low - 1 : high + 1;
  return (at * 7919 + high) % 1001;
}

describe.each(ATTACKS)("under the attack %s", (attack) => {
  const honest = fc.array(fc.record({ value: fc.integer({ min: 1, max: 999 }), weight: fc.bigInt(1n, 1000n) }), {
    minLength: 1,
    maxLength: 8,
  });
  const liars = fc.array(fc.bigInt(1n, 1000n), { maxLength: 8 });

  /** Lies with as much of the weights as stays below `limit`. */
  function lies(weights: readonly bigint[], limit: bigint, values: readonly number[]) {
    let left = limit - 1n;
    return weights.flatMap((wanted, at) => {
      const weight = wanted < left ? wanted : left;
      left -= weight;
      return weight > 0n ? [{ value: lie(attack, values, at), weight }] : [];
    });
  }

  test("a median is what some honest validators span, while less than half of the weight is dishonest", () => {
    fc.assert(
      fc.property(honest, liars, (truths, weights) => {
        const values = truths.map(({ value }) => value);
        const honestWeight = truths.reduce((sum, { weight }) => sum + weight, 0n);
        const all = [...lies(weights, honestWeight, values), ...truths];
        const total = all.reduce((sum, { weight }) => sum + weight, 0n);
        const median = weightedMedian(all, total);
        expect(median).toBeGreaterThanOrEqual(Math.min(...values));
        expect(median).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });

  test("with reports missing it is that, or nothing, while less than a quarter is dishonest", () => {
    fc.assert(
      fc.property(honest, liars, fc.bigInt(0n, 3000n), (truths, weights, silentWeight) => {
        const values = truths.map(({ value }) => value);
        const honestWeight = truths.reduce((sum, { weight }) => sum + weight, 0n);
        // A quarter of all: of liars, honest and silent together.
        const false_ = lies(weights, (honestWeight + silentWeight) / 3n + 1n, values);
        const lying = false_.reduce((sum, { weight }) => sum + weight, 0n);
        const total = lying + honestWeight + silentWeight;
        fc.pre(4n * lying < total);
        const median = weightedMedian([...false_, ...truths], total) ?? values[0];
        expect(median).toBeGreaterThanOrEqual(Math.min(...values));
        expect(median).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });
});

test("whatever less than half of the weight reports, nodes are judged as the others agree", () => {
  fc.assert(
    fc.property(anyNodes, anyReport, fc.array(anyReport, { maxLength: 4 }), (nodes, truth, liesOf) => {
      const honest: Voice = { validator: address(100), weight: 401n, report: truth };
      const liars = liesOf.map((report, at): Voice => ({ validator: address(101 + at), weight: 100n, report }));
      const judged = (voices: readonly Voice[]): Hex =>
        hexOf(nextPayout(NOTHING_SETTLED, logsOf(voices, { epoch: 0, nodes, silentWeight: 0n }), rules).nodes);
      // What the honest left out, too few saw.
      const alone = judged([honest]);
      expect(judged([honest, ...liars.map((liar) => ({ ...liar, weight: liar.weight }))])).toBe(alone);
    }),
  );
});

const NODE: RosterNode = {
  address: address(100),
  owner: address(1),
  role: "miner",
  index: 0,
  since: 0,
  stakeWei: 100n,
};
const GOOD: Observation = { answered: true, halfClass: 8, fails: 0, passes: 6, forfeits: false };
const saying = (validator: Address, report: Partial<Report>, weight = 100n): Voice => ({
  validator,
  weight,
  report: { nodes: [GOOD], replays: [], proofs: new Uint8Array(), ...report },
});

test("reports of half of all weight or less leave everything as it was", () => {
  const before = nextPayout(NOTHING_SETTLED, logsOf([saying(address(7), {})], { epoch: 0, nodes: [NODE] }), rules);
  const silent = (silentWeight: bigint): Settled =>
    nextPayout(
      before,
      logsOf([saying(address(7), { nodes: [{ ...GOOD, answered: false }] })], {
        epoch: 1,
        nodes: [NODE],
        silentWeight,
      }),
      rules,
    );
  expect(readNodeState(silent(100n).nodes, 0).liveness).toBe(FULL_LIVENESS);
  expect(readNodeState(silent(99n).nodes, 0).liveness).toBeLessThan(FULL_LIVENESS);
});

test("a report that cannot be read, or whose key was never revealed, has seen nothing", () => {
  const logs = logsOf([saying(address(7), {}), saying(address(8), {}, 30n)], { epoch: 0, nodes: [NODE] });
  const known = (changed: Partial<EpochLogs>) =>
    readNodeState(nextPayout(NOTHING_SETTLED, { ...logs, ...changed }, rules).nodes, 0).liveness;
  expect(known({})).toBe(FULL_LIVENESS);
  expect(known({ reveals: logs.reveals.slice(1) })).toBe(0);
  expect(known({ commits: logs.commits.map((commit) => ({ ...commit, report: "0x1234" as const })) })).toBe(0);
  expect(known({ commits: [] })).toBe(0);
});

test("a node at a place where another was begins anew, and a place nobody has is empty", () => {
  const first = nextPayout(NOTHING_SETTLED, logsOf([saying(address(7), {})], { epoch: 0, nodes: [NODE] }), rules);
  const later = (nodes: readonly RosterNode[]): Settled => nextPayout(first, logsOf([], { epoch: 1, nodes }), rules);
  expect(readNodeState(later([NODE]).nodes, 0).liveness).toBe(FULL_LIVENESS);
  expect(readNodeState(later([{ ...NODE, address: address(101), since: 1 }]).nodes, 0)).toEqual(NEW_NODE);
  expect(later([{ ...NODE, index: 2, since: 1 }]).nodes.slice(0, 16)).toEqual(new Uint8Array(16));
});

test("a validator is paid by the share of its replays within 1/32 nat of the median", () => {
  const validators = [101, 102, 103].map(
    (n, at): RosterNode => ({ ...NODE, role: "validator", address: address(n), owner: address(n), index: at + 1 }),
  );
  const voices = [
    saying(address(101), { replays: [100, 200] }),
    saying(address(102), { replays: [108, 209] }),
    saying(address(103), { replays: [99, undefined] }),
  ];
  const { totals } = nextPayout(NOTHING_SETTLED, logsOf(voices, { epoch: 0, nodes: validators }), rules);
  expect([101, 102, 103].map((n) => totals.get(address(n)))).toEqual([100_000n, 50_000n, 50_000n]);
});

test("epochs follow one another", () => {
  const logs = logsOf([], { epoch: 1, nodes: [] });
  expect(() => nextPayout(NOTHING_SETTLED, logs, rules)).toThrow("epoch 1 does not follow -1");
});

interface Fixture {
  readonly sealing: Readonly<
    Record<"privateKey" | "runtime" | "key" | "report" | "sealed" | "payout" | "seal", Hex>
  > & {
    readonly chainId: number;
    readonly epoch: number;
  };
  readonly rules: Readonly<Record<string, string | number>>;
  readonly epochs: readonly {
    readonly logs: {
      readonly epoch: number;
      readonly totalWeight: string;
      readonly nodes: readonly (Omit<RosterNode, "stakeWei"> & { readonly stakeWei: string })[];
      readonly commits: EpochLogs["commits"];
      readonly reveals: readonly { readonly validator: Address; readonly key: Hex; readonly weight: string }[];
    };
    readonly nodes: Hex;
    readonly totals: Readonly<Record<Address, string>>;
    readonly root: Hex;
  }[];
}

describe("the published vectors", () => {
  const file = new URL("../../fixtures/payout.json", import.meta.url);
  const fixture = JSON.parse(readFileSync(file, "utf8")) as Fixture;

  test("seal a report with nothing but the validator's key", () => {
    const { privateKey, chainId, runtime, epoch, payout, report, key, sealed, seal } = fixture.sealing;
    const signer = createSigner(privateKey);
    expect(signer.mac(reportLabel({ chainId, runtime }, epoch))).toBe(key);
    const opening = { key, validator: signer.address, epoch, payout };
    expect(sealedReport(bytesOf(report), opening)).toEqual({ seal, report: sealed });
  });

  test("pay and settle epoch by epoch", () => {
    const { emissionWei, minimumStakeWei, ...numbers } = fixture.rules;
    const read = { ...numbers, emissionWei: BigInt(emissionWei ?? 0), minimumStakeWei: BigInt(minimumStakeWei ?? 0) };
    fixture.epochs.reduce<Settled>((before, { logs, nodes, totals, root }) => {
      const next = nextPayout(
        before,
        {
          ...logs,
          totalWeight: BigInt(logs.totalWeight),
          nodes: logs.nodes.map((node) => ({ ...node, stakeWei: BigInt(node.stakeWei) })),
          reveals: logs.reveals.map((reveal) => ({ ...reveal, weight: BigInt(reveal.weight) })),
        },
        read as unknown as typeof rules,
      );
      expect(hexOf(next.nodes)).toBe(nodes);
      expect(Object.fromEntries([...next.totals].map(([owner, total]) => [owner, String(total)]))).toEqual(totals);
      expect(settledRoot(next)).toBe(root);
      return next;
    }, NOTHING_SETTLED);
  });
});
