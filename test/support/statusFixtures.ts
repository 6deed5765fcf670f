import { assembleStatus, type StatusParts } from "../../src/fleet/status/assembleStatus.ts";
import type { NetworkPreset } from "../../src/chain/interface.ts";
import type { NodeFacts, PeerFacts, StatusSnapshot, WorkFacts } from "../../src/observability/snapshot.ts";
import type { Address } from "../../src/util/types.ts";

export const NOW = Date.parse("2025-11-22T14:02:31.000Z");
export const STARTED = "2025-11-22T09:12:00.000Z";

export function addressOf(digit: string): Address {
  return `0x${digit.repeat(40)}`;
}

export const PRESET: NetworkPreset = {
  schema: "cortensor.network/1",
  name: "local",
  practice: true,
  chainId: 31337,
  rpc: ["http://127.0.0.1:8545"],
  runtime: addressOf("9"),
  block: 1,
};

const IDLE: WorkFacts = {
  tasksTotal: 0,
  tasksLastHour: 0,
  failedLastHour: 0,
  tasksLastMinute: 0,
  promptTokensTotal: 0,
  outputTokensTotal: 0,
  tokensPerSecond: 0,
  ttftMs: null,
  ttftP95Ms: null,
  answerTokensPerSecond: null,
  tasksHistory: Array.from({ length: 12 }, () => 0),
  tokensHistory: Array.from({ length: 12 }, () => 0),
};

export type FactsPatch = Partial<Omit<NodeFacts, "work" | "chain" | "money">> & {
  readonly work?: Partial<WorkFacts>;
  readonly chain?: Partial<NodeFacts["chain"]>;
  readonly money?: Partial<NodeFacts["money"]>;
};

export function factsOf({ work, chain, money, ...rest }: FactsPatch = {}): NodeFacts {
  return {
    schema: "cortensor.facts/1",
    name: "miner-1",
    role: "miner",
    address: addressOf("a"),
    owner: addressOf("b"),
    network: "local",
    pid: 4121,
    startedAt: STARTED,
    state: "serving",
    stateReason: null,
    stateSince: STARTED,
    url: null,
    cpu: 0.1,
    rssBytes: 200_000_000,
    models: [{ name: "cortensor-tiny", modelId: "0x77" }],
    slots: { busy: 0, total: 4 },
    peers: [],
    attention: [],
    lately: [],
    ...rest,
    chain: { reachable: true, block: 1842, epoch: 12, epochEndsInSeconds: 3420, detail: null, ...chain },
    work: { ...IDLE, ...work },
    money: { receiptedWei: "0", receiptedTodayWei: "0", vouchersWei: "0", redeemedWei: "0", ...money },
  };
}

export function peerOf(patch: Partial<PeerFacts> = {}): PeerFacts {
  return {
    address: addressOf("a"),
    name: "cortensor-tiny",
    connected: true,
    rttMs: 1,
    slots: { busy: 0, total: 4 },
    ttftMs: 20,
    tokensPerSecond: 900,
    finished: 88,
    broken: 0,
    reputation: 0.99,
    ...patch,
  };
}

const COR = 10n ** 18n;

export function wei(cor: number): string {
  return ((BigInt(Math.round(cor * 1e6)) * COR) / 1_000_000n).toString();
}

/** A router and two miners at work, the second of them new. */
export function busyFacts(): NodeFacts[] {
  const router = factsOf({
    name: "router-1",
    role: "router",
    address: addressOf("c"),
    url: "http://127.0.0.1:5010/v1",
    slots: { busy: 2, total: 8 },
    peers: [peerOf(), peerOf({ address: addressOf("d"), finished: 6, reputation: 0.95 })],
    work: {
      tasksTotal: 94,
      tasksLastHour: 94,
      tasksLastMinute: 182,
      tokensPerSecond: 6420.4,
      ttftMs: 190.2,
      ttftP95Ms: 840,
      answerTokensPerSecond: 1031,
      tasksHistory: [1, 2, 4, 6, 8, 8, 7, 6, 7, 8, 8, 7],
      tokensHistory: [10, 10, 20, 40, 60, 70, 80, 80, 70, 80, 80, 80],
    },
    money: {
      receiptedWei: wei(240.35),
      receiptedTodayWei: wei(2.36),
      vouchersWei: wei(240.35),
      redeemedWei: wei(240.35),
      gasWei: wei(0.0183),
    },
    lately: [{ at: "2025-11-22T13:41:00.000Z", text: "router-1 is serving" }],
  });
  const first = factsOf({
    slots: { busy: 2, total: 4 },
    work: { tasksLastHour: 88, ttftMs: 212, answerTokensPerSecond: 45.1 },
    money: {
      receiptedWei: wei(240.35),
      receiptedTodayWei: wei(2.36),
      vouchersWei: wei(240.34),
      redeemedWei: wei(226.89),
    },
    lately: [{ at: "2025-11-22T13:48:00.000Z", text: "redeemed 0.17 COR" }],
  });
  const second = factsOf({
    name: "miner-2",
    address: addressOf("d"),
    models: [{ name: "qwen3-1.7b-q8_0", modelId: "0x78" }],
    work: { tasksLastHour: 6, ttftMs: 96, answerTokensPerSecond: 60.44 },
  });
  return [second, router, first];
}

export function snapshotOf(patch: Partial<StatusParts> = {}): StatusSnapshot {
  return assembleStatus({
    facts: busyFacts(),
    unreachable: [],
    fleet: undefined,
    preset: PRESET,
    now: NOW,
    ...patch,
  });
}
