import * as fc from "fast-check";
import { hexOf } from "../../../src/util/hex.ts";
import type { Address, Hex } from "../../../src/util/types.ts";
import { keccak } from "../../../src/protocol/hash.ts";
import type { EpochLogs, PayoutRules, RosterNode } from "../../../src/protocol/payout.ts";
import { encodeReport, type Observation, type Report } from "../../../src/protocol/report.ts";
import { padReport } from "../../../src/protocol/reportSeal.ts";

export const rules: PayoutRules = {
  genesis: 1_750_000_000,
  epochSeconds: 21_600,
  emissionWei: 1_000_000n,
  halvingEpochs: 3,
  minersBps: 7000,
  validatorsBps: 2000,
  confirmedEpochs: 24,
  minimumStakeWei: 100n,
};

export const address = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;

export const anyObservation: fc.Arbitrary<Observation> = fc
  .record({
    answered: fc.option(fc.boolean(), { nil: undefined }),
    halfClass: fc.option(fc.nat(20), { nil: undefined }),
    fails: fc.nat(15),
    passes: fc.nat(15),
    forfeits: fc.boolean(),
  })
  // With all of it missing it is the observation of nobody.
  .filter((seen) => seen.answered !== undefined || seen.fails + seen.passes > 0);

export const anyReport: fc.Arbitrary<Report> = fc.record({
  nodes: fc.array(fc.option(anyObservation, { nil: undefined }), { maxLength: 8 }),
  replays: fc.array(fc.option(fc.nat(2000), { nil: undefined }), { maxLength: 5 }),
  proofs: fc.uint8Array({ maxLength: 20 }),
});

/** One validator's report as it reaches the chain. */
export interface Voice {
  readonly validator: Address;
  readonly weight: bigint;
  readonly report: Report;
}

export function keyOf({ validator }: Pick<Voice, "validator">, epoch: number): Hex {
  return keccak(`${validator}${epoch.toString(16).padStart(8, "0")}`);
}

export function logsOf(
  voices: readonly Voice[],
  { epoch, nodes, silentWeight = 0n }: { epoch: number; nodes: readonly RosterNode[]; silentWeight?: bigint },
): EpochLogs {
  return {
    epoch,
    nodes,
    totalWeight: voices.reduce((sum, { weight }) => sum + weight, silentWeight),
    commits: voices.map(({ validator, report }) => {
      const key = keyOf({ validator }, epoch);
      return { validator, report: hexOf(padReport(encodeReport(report), { key, validator })) };
    }),
    reveals: voices.map(({ validator, weight }) => ({ validator, weight, key: keyOf({ validator }, epoch) })),
  };
}
