import type { Address, Hex } from "../util/types.ts";

/** What runs and how it is, as one record: the dashboard, `--plain`, `--json`, `--check` and the web page render it. */
export interface StatusSnapshot {
  readonly schema: "cortensor.status/1";
  /** ISO 8601 time at which it was put together. */
  readonly at: string;
  readonly attention: readonly Attention[];
  readonly network: NetworkStatus | null;
  readonly totals: {
    readonly nodes: number;
    readonly live: number;
    readonly tasks_per_minute: number;
    readonly tokens_per_second: number;
    /** 0 to 1; null while nothing was audited. */
    readonly verified_share: number | null;
    /** Median and 95% first token of the last hour; null without tasks. */
    readonly ttft_ms: number | null;
    readonly ttft_p95_ms: number | null;
    /** 12 points of 5 s, oldest first. */
    readonly tasks_history: readonly number[];
    readonly tokens_history: readonly number[];
  };
  readonly money: MoneyStatus;
  readonly nodes: readonly NodeStatus[];
  readonly processes: readonly ProcessStatus[];
  /** The newest events of own nodes, newest first, at most 20. */
  readonly lately: readonly { readonly at: string; readonly node: string; readonly text: string }[];
}

export interface NetworkStatus {
  readonly name: string;
  readonly practice: boolean;
  readonly chain_id: number;
  readonly block: number;
  readonly epoch: number;
  readonly epoch_ends_in_s: number;
  /** False while no RPC endpoint answers; the values above are then the last known ones. */
  readonly reachable: boolean;
}

/** Sums over own nodes, in COR as decimal text. */
export interface MoneyStatus {
  readonly earned_today_cor: string;
  readonly earned_cor: string;
  /** Vouchers received and not yet redeemed. */
  readonly waiting_cor: string;
  /** Native coin of the node keys, decimal text; null when the chain is away. */
  readonly gas: string | null;
}

/** Something that needs the reader. The first of the list is the first sentence. */
export interface Attention {
  readonly code: string;
  readonly severity: "warn" | "error";
  readonly node: string | null;
  readonly text: string;
  readonly since: string;
  /** A command that works as printed. */
  readonly try: string | null;
  /** What was seen, what is safe, what is late: a word and a text each. */
  readonly details?: readonly (readonly [label: string, text: string])[];
}

export const NODE_STATES = [
  "starting",
  "newcomer",
  "serving",
  "paused",
  "draining",
  "restarting",
  "down",
  "checking",
  "standby",
] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** Fields without a source yet (settled by validators) are null. */
export interface NodeStatus {
  readonly address: Address;
  readonly owner: Address;
  readonly name: string;
  readonly public_name: string;
  readonly role: "router" | "miner" | "validator";
  readonly live: boolean;
  readonly state: NodeState;
  readonly state_reason: string | null;
  readonly state_since: string;
  readonly last_seen: string | null;
  readonly level: number | null;
  readonly tier: string | null;
  readonly reputation: Readonly<Record<Address, number>>;
  /** Orders done of the first 10, per router, while a newcomer. */
  readonly newcomer: Readonly<Record<Address, number>>;
  readonly rank: number | null;
  readonly points: number | null;
  readonly models: readonly string[];
  readonly slots: { readonly busy: number; readonly total: number };
  readonly ttft_ms: number | null;
  readonly tokens_per_second: number | null;
  readonly tasks_per_hour: number;
  readonly failed: number;
  readonly liveness: number | null;
  readonly audits: {
    readonly pass: number;
    readonly fail: number;
    readonly inconclusive: number;
    readonly withheld: number;
  };
  readonly cusum: number | null;
  readonly streak_days: number | null;
  readonly achievements: readonly string[];
  readonly earned_cor: string;
  readonly earned_today_cor: string;
  readonly claimable_cor: string;
  readonly expected_next_cor: readonly [low: string, high: string] | null;
  readonly stake_cor: string | null;
  /** OpenAI base URL of a router. */
  readonly url: string | null;
}

export interface ProcessStatus {
  readonly name: string;
  readonly role: string;
  readonly pid: number;
  readonly state: NodeState;
  readonly restarts: number;
  readonly uptime_s: number;
  /** Share of one core, 0 to 1 and above. */
  readonly cpu: number;
  readonly rss_bytes: number;
  readonly url: string | null;
}

/** What one node's process knows of itself, served on its control socket. Money in wei as decimal text. */
export interface NodeFacts {
  readonly schema: "cortensor.facts/1";
  readonly name: string;
  readonly role: "router" | "miner" | "validator";
  readonly address: Address;
  readonly owner: Address;
  readonly network: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly state: NodeState;
  readonly stateReason: string | null;
  readonly stateSince: string;
  readonly url: string | null;
  readonly cpu: number;
  readonly rssBytes: number;
  readonly chain: {
    readonly reachable: boolean;
    readonly block: number;
    readonly epoch: number;
    readonly epochEndsInSeconds: number;
    readonly detail: string | null;
  };
  readonly models: readonly { readonly name: string; readonly modelId: Hex }[];
  readonly slots: { readonly busy: number; readonly total: number };
  readonly work: WorkFacts;
  readonly money: {
    /** Sum of the highest receipts of all orders. */
    readonly receiptedWei: string;
    readonly receiptedTodayWei: string;
    /** Vouchers received, cumulative over sessions. */
    readonly vouchersWei: string;
    readonly redeemedWei: string;
    /** Native coin of the node's key; absent or null while it is not known. */
    readonly gasWei?: string | null;
  };
  /** The other ends of its task streams: routers of a miner, miners of a router. */
  readonly peers: readonly PeerFacts[];
  readonly attention: readonly Attention[];
  readonly lately: readonly { readonly at: string; readonly text: string }[];
}

export interface WorkFacts {
  readonly tasksTotal: number;
  readonly tasksLastHour: number;
  readonly failedLastHour: number;
  readonly tasksLastMinute: number;
  readonly promptTokensTotal: number;
  readonly outputTokensTotal: number;
  /** Over the last 10 s. */
  readonly tokensPerSecond: number;
  /** Median and 95% of the last hour; null without tasks. */
  readonly ttftMs: number | null;
  readonly ttftP95Ms: number | null;
  /** Median decode speed of one answer in the last hour. */
  readonly answerTokensPerSecond: number | null;
  /** 12 points of 5 s, oldest first. */
  readonly tasksHistory: readonly number[];
  readonly tokensHistory: readonly number[];
}

export interface PeerFacts {
  readonly address: Address;
  readonly name: string;
  readonly connected: boolean;
  readonly rttMs: number | null;
  readonly slots: { readonly busy: number; readonly total: number } | null;
  readonly ttftMs: number | null;
  readonly tokensPerSecond: number | null;
  readonly finished: number;
  readonly broken: number;
  readonly reputation: number | null;
}
