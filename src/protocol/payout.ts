import { bytesOf } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";
import { NEW_NODE, nextNodeState, readNodeState, type Seen, STATE_BYTES, writeNodeState } from "./nodeState.ts";
import { decodeReport, type Observation, type Report } from "./report.ts";
import { padReport } from "./reportSeal.ts";
import { epochPay, type PaidNode, type RewardRules } from "./rewards.ts";
import type { Settled } from "./settled.ts";
import { weightedMedian } from "./weightedMedian.ts";

/** 1/32 nat, in the 1/256 nat of a report. */
const REPLAY_TOLERANCE = 8;
const WHOLE = 1n << 16n;

/** A node that counts in an epoch. */
export interface RosterNode {
  readonly address: Address;
  readonly owner: Address;
  readonly role: "miner" | "validator" | "router";
  readonly index: number;
  /** First epoch in which it counts. */
  readonly since: number;
  /** In force in the epoch. */
  readonly stakeWei: bigint;
}

/** What the chain's logs say about one epoch, once its reveals are over. In any order. */
export interface EpochLogs {
  readonly epoch: number;
  readonly nodes: readonly RosterNode[];
  /** Of all validators, in the epoch in which they report. */
  readonly totalWeight: bigint;
  readonly commits: readonly { readonly validator: Address; readonly report: Hex }[];
  readonly reveals: readonly { readonly validator: Address; readonly key: Hex; readonly weight: bigint }[];
}

export interface PayoutRules extends RewardRules {
  readonly epochSeconds: number;
  /** Block time in seconds at which epoch 0 began. */
  readonly genesis: number;
}

interface Opened {
  readonly validator: Address;
  readonly weight: bigint;
  readonly report: Report;
}

/**
 * The payouts through one epoch more: medians of the revealed reports, the next state of every node, and what each owner
 * has earned. A pure function of the logs, in integers only, so everybody comes to the same root. Throws a plain `Error`
 * when the logs are of another epoch than the next.
 */
export function nextPayout(before: Settled, logs: EpochLogs, rules: PayoutRules): Settled {
  if (logs.epoch !== before.epoch + 1) throw new Error(`epoch ${logs.epoch} does not follow ${before.epoch}`);
  const reports = opened(logs);
  const reported = replayWeights(reports, logs.totalWeight);
  const paid = logs.nodes.map((node): PaidNode => {
    const views = viewsOf(node.index, reports);
    const known = node.since === logs.epoch ? NEW_NODE : readNodeState(before.nodes, node.index);
    const times = { epoch: logs.epoch, epochSeconds: rules.epochSeconds, genesis: rules.genesis, since: node.since };
    return {
      role: node.role,
      stakeWei: node.stakeWei,
      state: nextNodeState(known, seen(views, logs.totalWeight), times),
      ageEpochs: logs.epoch - node.since + 1,
      forfeits: forfeits(views, logs.totalWeight),
      reported: reported.get(node.address) ?? 0n,
    };
  });
  const pay = epochPay(paid, logs.epoch, rules);
  const totals = new Map(before.totals);
  for (const [at, { owner }] of logs.nodes.entries()) {
    const amountWei = pay[at] ?? 0n;
    if (amountWei > 0n) totals.set(owner, (totals.get(owner) ?? 0n) + amountWei);
  }
  return { epoch: logs.epoch, nodes: stateBytes(logs.nodes, paid), totals };
}

/** How often each miner was audited in an epoch, as the revealed reports agree on; those that were not are left out. */
export function auditsIn(logs: EpochLogs): ReadonlyMap<Address, number> {
  const reports = opened(logs);
  const counts = logs.nodes.map(({ address, index }) => {
    const { fails = 0, passes = 0 } = seen(viewsOf(index, reports), logs.totalWeight);
    return [address, fails + passes] as const;
  });
  return new Map(counts.filter(([, count]) => count > 0));
}

/** A report that cannot be read has seen nothing. */
function opened({ commits, reveals }: EpochLogs): readonly Opened[] {
  const sealed = new Map(commits.map(({ validator, report }) => [validator, report]));
  return reveals.flatMap(({ validator, key, weight }) => {
    const bytes = sealed.get(validator);
    const report = bytes === undefined ? undefined : decodeReport(padReport(bytesOf(bytes), { key, validator }));
    return report === undefined ? [] : [{ validator, weight, report }];
  });
}

interface View {
  readonly observation: Observation;
  readonly weight: bigint;
}

function viewsOf(index: number, reports: readonly Opened[]): readonly View[] {
  return reports.flatMap(({ report, weight }) => {
    const observation = report.nodes[index];
    return observation === undefined ? [] : [{ observation, weight }];
  });
}

/** The median of one field among those who have it. */
function median(
  views: readonly View[],
  total: bigint,
  field: (observation: Observation) => number | undefined,
): number | undefined {
  const values = views.flatMap(({ observation, weight }) => {
    const value = field(observation);
    return value === undefined ? [] : [{ value, weight }];
  });
  return weightedMedian(values, total);
}

function seen(views: readonly View[], total: bigint): Seen {
  const answered = median(views, total, (observation) =>
    observation.answered === undefined ? undefined : Number(observation.answered),
  );
  const audits = (count: "fails" | "passes") =>
    median(views, total, (observation) =>
      observation.fails + observation.passes === 0 ? undefined : observation[count],
    );
  return {
    answered: answered === undefined ? undefined : answered === 1,
    halfClass: median(views, total, (observation) => observation.halfClass),
    fails: audits("fails"),
    passes: audits("passes"),
  };
}

function forfeits(views: readonly View[], total: bigint): boolean {
  return median(views, total, (observation) => Number(observation.forfeits)) === 1;
}

/** Weight of each validator's report times the share of its replays that agree with the median; whole without any. */
function replayWeights(reports: readonly Opened[], total: bigint): ReadonlyMap<Address, bigint> {
  const leaves = Math.max(0, ...reports.map(({ report }) => report.replays.length));
  const medians = Array.from({ length: leaves }, (_, leaf) =>
    weightedMedian(
      reports.flatMap(({ report, weight }) => {
        const value = report.replays[leaf];
        return value === undefined ? [] : [{ value, weight }];
      }),
      total,
    ),
  );
  const due = medians.filter((value) => value !== undefined).length;
  return new Map(
    reports.map(({ validator, weight, report }) => {
      const agreeing = medians.filter((value, leaf) => agrees(report.replays[leaf], value)).length;
      return [validator, weight * (due === 0 ? WHOLE : (WHOLE * BigInt(agreeing)) / BigInt(due))];
    }),
  );
}

function agrees(value: number | undefined, median: number | undefined): boolean {
  return value !== undefined && median !== undefined && Math.abs(value - median) <= REPLAY_TOLERANCE;
}

function stateBytes(nodes: readonly RosterNode[], paid: readonly PaidNode[]): Uint8Array {
  const slots = nodes.reduce((most, { index }) => Math.max(most, index + 1), 0);
  const bytes = new Uint8Array(slots * STATE_BYTES);
  for (const [at, { index }] of nodes.entries()) {
    const state = paid[at]?.state;
    if (state !== undefined) writeNodeState(bytes, index, state);
  }
  return bytes;
}
