import type { NodeFacts, NodeState, NodeStatus, ProcessStatus } from "../../observability/snapshot.ts";
import { formatCor } from "../../util/money.ts";
import { earningsOf } from "./earnings.ts";
import { standingOf } from "./newcomer.ts";
import { publicName } from "./publicName.ts";
import type { UnreachableNode } from "./unreachableNode.ts";

/** What nobody here can know yet: it is settled by validators, or stands on the chain. */
const NOT_KNOWN = {
  level: null,
  tier: null,
  rank: null,
  points: null,
  liveness: null,
  audits: { pass: 0, fail: 0, inconclusive: 0, withheld: 0 },
  cusum: null,
  streak_days: null,
  achievements: [],
  expected_next_cor: null,
  stake_cor: null,
} as const;

/** States in which a node takes part. */
const LIVE: ReadonlySet<NodeState> = new Set(["newcomer", "serving", "paused", "draining", "checking", "standby"]);

/** A node whose process answers. */
export function answeringNode(facts: NodeFacts, routers: readonly NodeFacts[], at: string): NodeStatus {
  const { reputation, newcomer, isNewcomer } = standingOf(facts.address, routers);
  const { earnedWei, earnedTodayWei, waitingWei } = earningsOf(facts);
  const state = facts.state === "serving" && isNewcomer ? "newcomer" : facts.state;
  return {
    address: facts.address,
    owner: facts.owner,
    name: facts.name,
    public_name: publicName(facts.address),
    role: facts.role,
    live: LIVE.has(state),
    state,
    state_reason: facts.stateReason,
    state_since: facts.stateSince,
    last_seen: at,
    reputation,
    newcomer,
    models: facts.models.map(({ name }) => name),
    slots: facts.slots,
    ttft_ms: facts.work.ttftMs,
    tokens_per_second: facts.work.answerTokensPerSecond,
    tasks_per_hour: facts.work.tasksLastHour,
    failed: facts.work.failedLastHour,
    earned_cor: formatCor(earnedWei),
    earned_today_cor: formatCor(earnedTodayWei),
    claimable_cor: formatCor(waitingWei),
    url: facts.url,
    ...NOT_KNOWN,
  };
}

/** Of a node never heard of. */
const NOTHING = {
  ...NOT_KNOWN,
  last_seen: null,
  reputation: {},
  newcomer: {},
  models: [],
  slots: { busy: 0, total: 0 },
  ttft_ms: null,
  tokens_per_second: null,
  tasks_per_hour: 0,
  failed: 0,
  earned_cor: "0",
  earned_today_cor: "0",
  claimable_cor: "0",
} as const;

/**
 * A node whose process does not answer. A supervisor, where there is one, knows more than its silence; what was last known
 * of its work and money is kept.
 */
export function silentNode(
  node: UnreachableNode,
  { process, earlier }: { readonly process: ProcessStatus | undefined; readonly earlier: NodeStatus | undefined },
): NodeStatus {
  const state = silentState(node, process);
  const lasts = earlier !== undefined && !earlier.live && earlier.state === state;
  return {
    ...(earlier ?? NOTHING),
    address: node.address,
    owner: node.owner,
    name: node.name,
    public_name: publicName(node.address),
    role: node.role,
    live: false,
    state,
    state_reason: reasonOf(node, process),
    state_since: lasts ? earlier.state_since : node.since,
    slots: { busy: 0, total: earlier?.slots.total ?? 0 },
    url: null,
  };
}

function silentState({ why }: UnreachableNode, process: ProcessStatus | undefined): NodeState {
  if (process?.state === "restarting" || process?.state === "starting") return process.state;
  return why === "starting" && process?.state !== "down" ? "starting" : "down";
}

function reasonOf({ why, pid }: UnreachableNode, process: ProcessStatus | undefined): string | null {
  if (process !== undefined && process.state !== "serving") return process.restarts > 0 ? restarts(process) : null;
  if (why === "gone") return "its process ended without being stopped";
  return why === "silent" ? `process ${pid ?? "?"} does not answer` : null;
}

function restarts({ restarts }: ProcessStatus): string {
  return restarts === 1 ? "restarted once" : `restarted ${restarts} times`;
}
