import { CONVICTED, isLive, type NodeState } from "./nodeState.ts";

/** The network's numbers that rewards depend on. */
export interface RewardRules {
  /** Of one of the first `halvingEpochs` epochs; of the next as many half of it, and so on. */
  readonly emissionWei: bigint;
  readonly halvingEpochs: number;
  /** Of an epoch's emission; routers have the rest. */
  readonly minersBps: number;
  readonly validatorsBps: number;
  /** Epochs for which a confirmed class is paid. */
  readonly confirmedEpochs: number;
  /** Also the stake that the smallest machine can put to use. */
  readonly minimumStakeWei: bigint;
}

export type TierName = "none" | "bronze" | "silver" | "gold" | "platinum";

/** A node in an epoch, as it is paid. */
export interface PaidNode {
  readonly role: "miner" | "validator" | "router";
  /** In force in the epoch. */
  readonly stakeWei: bigint;
  /** At the end of the epoch. */
  readonly state: NodeState;
  /** Epochs it has counted in, this one included. */
  readonly ageEpochs: number;
  /** Earns nothing in this epoch. */
  readonly forfeits: boolean;
  /** Of a validator: weight of its revealed report times the share of replays that agree; 0 for others. */
  readonly reported: bigint;
}

interface Tier {
  readonly name: TierName;
  readonly livePercent: number;
  /** Of a miner. */
  readonly class: number;
  readonly ageEpochs: number;
  readonly streakDays: number;
  readonly multiplierTenths: bigint;
}

const NO_TIER: Tier = { name: "none", livePercent: 0, class: 0, ageEpochs: 0, streakDays: 0, multiplierTenths: 5n };
/** From the highest. */
const TIERS: readonly Tier[] = [
  { name: "platinum", livePercent: 99, class: 6, ageEpochs: 24, streakDays: 7, multiplierTenths: 20n },
  { name: "gold", livePercent: 95, class: 4, ageEpochs: 24, streakDays: 0, multiplierTenths: 15n },
  { name: "silver", livePercent: 80, class: 2, ageEpochs: 0, streakDays: 0, multiplierTenths: 12n },
  { name: "bronze", livePercent: 60, class: 0, ageEpochs: 0, streakDays: 0, multiplierTenths: 10n },
];

/** max(1, 2^((class - 1) / 0.75)) in 1/65536: memory bandwidth, which is what a class measures. */
const BANDWIDTH = [
  65_536, 65_536, 165_140, 416_128, 1_048_576, 2_642_246, 6_658_043, 16_777_216, 42_275_935, 106_528_681, 268_435_456,
].map(BigInt);
/** Of the miners' part: 40% for liveness, the rest for capability. */
const LIVENESS_PERCENT = 40n;

/** What is paid for one epoch at most, in wei. */
export function epochEmission(epoch: number, { emissionWei, halvingEpochs }: RewardRules): bigint {
  return emissionWei >> BigInt(Math.floor(epoch / halvingEpochs));
}

/** Classes are the miners'; other roles are not asked for any. */
export function tierOf(node: Pick<PaidNode, "role" | "state" | "ageEpochs">): TierName {
  return tier(node).name;
}

/** The stake that counts: no more than the machine's bandwidth has a use for. In wei. */
export function effectiveStake(stakeWei: bigint, ofClass: number, minimumStakeWei: bigint): bigint {
  const usefulWei = (minimumStakeWei * (BANDWIDTH[ofClass] ?? 0n)) >> 16n;
  return stakeWei < usefulWei ? stakeWei : usefulWei;
}

/** What each node is paid for an epoch, in wei, rounded down: together at most the emission. */
export function epochPay(nodes: readonly PaidNode[], epoch: number, rules: RewardRules): readonly bigint[] {
  const emission = epochEmission(epoch, rules);
  const minersPool = (emission * BigInt(rules.minersBps)) / 10_000n;
  const validatorsPool = (emission * BigInt(rules.validatorsBps)) / 10_000n;
  const livenessPool = (minersPool * LIVENESS_PERCENT) / 100n;
  const parts = [
    shares(nodes, livenessPool, (node) => livenessWeight(node, rules)),
    shares(nodes, minersPool - livenessPool, (node) => capabilityWeight(node, rules)),
    shares(nodes, validatorsPool, (node) => (node.role === "validator" ? node.reported : 0n)),
    shares(nodes, emission - minersPool - validatorsPool, (node) => routerWeight(node, rules)),
  ];
  return nodes.map((_, at) => parts.reduce((sum, part) => sum + (part[at] ?? 0n), 0n));
}

function livenessWeight(node: PaidNode, { minimumStakeWei }: RewardRules): bigint {
  if (node.role !== "miner") return 0n;
  const { state, stakeWei } = node;
  return tier(node).multiplierTenths * BigInt(state.liveness) * effectiveStake(stakeWei, state.class, minimumStakeWei);
}

function capabilityWeight(node: PaidNode, { minimumStakeWei, confirmedEpochs }: RewardRules): bigint {
  const { state, stakeWei } = node;
  if (node.role !== "miner" || state.class === 0 || state.confirmedAge >= confirmedEpochs) return 0n;
  return tier(node).multiplierTenths * effectiveStake(stakeWei, state.class, minimumStakeWei);
}

function routerWeight(node: PaidNode, { minimumStakeWei }: RewardRules): bigint {
  if (node.role !== "router") return 0n;
  return tier(node).multiplierTenths * BigInt(node.state.liveness) * effectiveStake(node.stakeWei, 0, minimumStakeWei);
}

function tier({ role, state, ageEpochs }: Pick<PaidNode, "role" | "state" | "ageEpochs">): Tier {
  const reached = TIERS.find(
    (tier) =>
      isLive(state.liveness, tier.livePercent) &&
      (role !== "miner" || state.class >= tier.class) &&
      ageEpochs >= tier.ageEpochs &&
      state.streak >= tier.streakDays,
  );
  return reached ?? NO_TIER;
}

function shares(nodes: readonly PaidNode[], poolWei: bigint, weightOf: (node: PaidNode) => bigint): readonly bigint[] {
  const earns = ({ state, forfeits }: PaidNode): boolean => !forfeits && state.cusum < CONVICTED;
  const weights = nodes.map((node) => (earns(node) ? weightOf(node) : 0n));
  const all = weights.reduce((sum, weight) => sum + weight, 0n);
  return weights.map((weight) => (all === 0n ? 0n : (poolWei * weight) / all));
}
