import type { NodeFacts, NodeStatus, StatusSnapshot } from "../../observability/snapshot.ts";

const POINTS = 12;

/** Work and its speed over all own nodes. Every task passes a router, so where one runs here only routers are counted. */
export function totalsOf(nodes: readonly NodeStatus[], facts: readonly NodeFacts[]): StatusSnapshot["totals"] {
  const routers = facts.filter(({ role }) => role === "router");
  const counted = (routers.length > 0 ? routers : facts.filter(({ role }) => role === "miner")).map(({ work }) => work);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const slowest = counted.flatMap(({ ttftP95Ms }) => (ttftP95Ms === null ? [] : [ttftP95Ms]));
  return {
    nodes: nodes.length,
    live: nodes.filter(({ live }) => live).length,
    tasks_per_minute: sum(counted.map(({ tasksLastMinute }) => tasksLastMinute)),
    tokens_per_second: sum(counted.map(({ tokensPerSecond }) => tokensPerSecond)),
    verified_share: null,
    ttft_ms: meanOfMedians(counted),
    ttft_p95_ms: slowest.length === 0 ? null : Math.max(...slowest),
    tasks_history: history(counted.map(({ tasksHistory }) => tasksHistory)),
    tokens_history: history(counted.map(({ tokensHistory }) => tokensHistory)),
  };
}

/** Of several nodes no common median is known: theirs, weighted by tasks. With one node it is exact. */
function meanOfMedians(counted: readonly NodeFacts["work"][]): number | null {
  const known = counted.flatMap(({ ttftMs, tasksLastHour }) =>
    ttftMs === null ? [] : [{ ttftMs, weight: Math.max(1, tasksLastHour) }],
  );
  if (known.length === 0) return null;
  const weights = known.reduce((total, { weight }) => total + weight, 0);
  return known.reduce((total, { ttftMs, weight }) => total + ttftMs * weight, 0) / weights;
}

function history(all: readonly (readonly number[])[]): number[] {
  return Array.from({ length: POINTS }, (_, at) => all.reduce((total, points) => total + (points[at] ?? 0), 0));
}
