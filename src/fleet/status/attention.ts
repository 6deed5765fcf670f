import type { Attention, MoneyStatus, NodeFacts, NodeStatus, ProcessStatus } from "../../observability/snapshot.ts";
import { formatCor, parseCor } from "../../util/money.ts";
import type { UnreachableNode } from "./unreachableNode.ts";

/** What the sentences are made from. */
export interface Situation {
  /** ISO 8601. */
  readonly at: string;
  readonly facts: readonly NodeFacts[];
  readonly unreachable: readonly UnreachableNode[];
  readonly nodes: readonly NodeStatus[];
  readonly processes: readonly ProcessStatus[];
  readonly money: MoneyStatus;
  readonly networkUp: boolean;
}

/** A node may take this long to find its router, or its first miner, before anybody hears of it. */
const SETTLE_MS = 15_000;

/** The order in which causes are told, before that of their severity: the first explains most of those after it. */
const ORDER = [
  "not-running",
  "chain-unreachable",
  "node-offline",
  "node-restarting",
  "miner-no-router",
  "router-no-miners",
];

/** Everything that needs the reader, what matters most first. `earlier` keeps the time at which each was first seen. */
export function attentionOf(situation: Situation, earlier: readonly Attention[] = []): readonly Attention[] {
  const all = [
    ...nothingRuns(situation),
    ...chainAway(situation),
    ...offline(situation),
    ...restarting(situation),
    ...withoutRouter(situation),
    ...ownWords(situation),
  ];
  return all
    .map((one) => ({ ...one, since: earlier.find((known) => isSame(known, one))?.since ?? one.since }))
    .sort((a, b) => weight(a) - weight(b));
}

function isSame(a: Attention, b: Attention): boolean {
  return a.code === b.code && a.node === b.node;
}

function weight({ code, severity }: Attention): number {
  const place = ORDER.indexOf(code);
  return (severity === "error" ? 0 : 100) + (place === -1 ? ORDER.length : place);
}

function nothingRuns({ nodes, processes, at }: Situation): Attention[] {
  if (nodes.length > 0 || processes.length > 0) return [];
  return [
    {
      code: "not-running",
      severity: "error",
      node: null,
      text: "Nothing runs here yet.",
      since: at,
      try: "cortensor up",
    },
  ];
}

function chainAway({ facts, networkUp, money, at }: Situation): Attention[] {
  const away = facts.filter(({ chain }) => !chain.reachable);
  const [first] = away;
  if (first === undefined) return [];
  const waiting = parseCor(money.waiting_cor) ?? 0n;
  const common = {
    code: "chain-unreachable",
    severity: "warn",
    since: at,
    try: "cortensor config set chain.rpc URL,URL",
  } as const;
  if (networkUp)
    return away.map(({ name, chain }) => ({
      ...common,
      node: name,
      text: `${name} reaches no chain endpoint; other nodes do.`,
      details: tried(chain.detail),
    }));
  return [
    {
      ...common,
      node: null,
      text: "The chain does not answer. Your nodes go on serving.",
      details: [
        ...tried(first.chain.detail),
        ["safe", `${formatCor(waiting, "balance")} COR of vouchers, on disk; redeemed when it is back`],
        ["late", "redeeming waits; orders go on"],
      ],
    },
  ];
}

function tried(detail: string | null): [string, string][] {
  return detail === null ? [] : [["tried", detail]];
}

function offline({ nodes, unreachable, processes }: Situation): Attention[] {
  return nodes
    .filter(({ state }) => state === "down")
    .map(({ name, role, state_since, state_reason }) => {
      const node = unreachable.find((one) => one.name === name);
      const supervised = processes.some((process) => process.name === name);
      return {
        code: "node-offline",
        severity: "error",
        node: name,
        text: `${name} is down.`,
        since: state_since,
        try: supervised || node?.why === "silent" ? `cortensor logs ${name}` : `cortensor ${role} start --name ${name}`,
        details: [
          ...(state_reason === null ? [] : [["why", state_reason] as const]),
          ["safe", "keys, receipts and vouchers, on disk"],
        ],
      };
    });
}

function restarting({ processes, at }: Situation): Attention[] {
  return processes
    .filter(({ state }) => state === "restarting")
    .map(({ name, restarts }) => ({
      code: "node-restarting",
      severity: "warn",
      node: name,
      text: `${name} restarts${restarts > 1 ? `, the ${ordinal(restarts)} time` : ""}.`,
      since: at,
      try: `cortensor logs ${name}`,
      details: [["next", "alone; each try waits longer, 30 s at most"]],
    }));
}

function ordinal(n: number): string {
  const last = n % 100 > 10 && n % 100 < 14 ? 0 : n % 10;
  return `${n}${["th", "st", "nd", "rd"][last] ?? "th"}`;
}

function withoutRouter({ facts, at }: Situation): Attention[] {
  return facts
    .filter(({ role, state, stateSince }) => role === "miner" && state === "starting" && settled(stateSince, at))
    .map(({ name, stateSince, stateReason }) => ({
      code: "miner-no-router",
      severity: "warn",
      node: name,
      text: `${name} has no work: ${stateReason ?? "it is still starting"}.`,
      since: stateSince,
      try: `cortensor logs ${name}`,
    }));
}

/** What nodes say themselves. A router that came up before its miners did is no news. */
function ownWords({ facts, at }: Situation): Attention[] {
  return facts.flatMap(({ attention, startedAt, name }) =>
    attention
      .filter(({ code }) => code !== "router-no-miners" || settled(startedAt, at))
      .map((one) => ({ ...one, node: one.node ?? name })),
  );
}

function settled(since: string, at: string): boolean {
  return Date.parse(at) - Date.parse(since) >= SETTLE_MS;
}
