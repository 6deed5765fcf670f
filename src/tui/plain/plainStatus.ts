import type { Attention, NodeStatus, StatusSnapshot } from "../../observability/snapshot.ts";
import { standing } from "../health/columns.ts";
import { clean } from "../text/clean.ts";
import { amount, count, latency, rate, sentence, span, when } from "../text/values.ts";

const LATELY = 5;

/** The snapshot as sentences, a line each: for pipes and for readers who do not see. What needs the reader comes first. */
export function plainStatus(snapshot: StatusSnapshot): string[] {
  const now = Date.parse(snapshot.at);
  return [
    ...firstLines(snapshot),
    ...networkLine(snapshot),
    ...snapshot.nodes.map(nodeLine),
    ...moneyLine(snapshot),
    ...workLine(snapshot),
    ...snapshot.lately
      .slice(0, LATELY)
      .map(({ at, node, text }) => `${when(at, now)}, ${node}: ${sentence(clean(text))}`),
  ];
}

function firstLines({ attention, nodes, totals, at }: StatusSnapshot): string[] {
  if (attention.length > 0) return attention.map((one) => attentionLine(one, Date.parse(at)));
  if (nodes.length === 0 || nodes.some(({ state }) => state === "starting"))
    return [`Starting. ${totals.live} of ${totals.nodes} nodes live.`];
  return ["All well. Nothing needs you."];
}

/** One thing that needs the reader, with all there is to know about it. */
export function attentionLine({ severity, text, since, details = [], try: command }: Attention, now: number): string {
  const age = now - Date.parse(since);
  const parts = [
    `${severity === "error" ? "Error" : "Warning"}: ${sentence(clean(text))}`,
    ...(age >= 60_000 ? [`For ${span(age)}.`] : []),
    ...details.map(([label, value]) => sentence(`${label[0]?.toUpperCase() ?? ""}${label.slice(1)}: ${clean(value)}`)),
    // Without a full stop, so that the command can be copied.
    ...(command === null ? [] : [`Try: ${command}`]),
  ];
  return parts.join(" ");
}

function networkLine({ network, totals }: StatusSnapshot): string[] {
  if (network === null) return [];
  const known = network.reachable ? "" : "last known: ";
  const left = span(network.epoch_ends_in_s * 1000);
  return [
    `Network: ${clean(network.name)}${network.practice ? ", practice" : ""}, ${known}epoch ${count(network.epoch)}, ${left} left, block ${count(network.block)}. ${totals.live} of ${totals.nodes} nodes live.`,
  ];
}

/** A node in one sentence. */
export function nodeLine(node: NodeStatus): string {
  const { name, state, state_reason, models, slots, ttft_ms, tokens_per_second, url } = node;
  const parts = [
    state_reason === null ? state : `${state} (${clean(state_reason)})`,
    ...(models.length === 0 ? [] : [models.map(clean).join(" and ")]),
    ...(slots.total === 0 ? [] : [`${slots.busy} of ${slots.total} slots`]),
    ...(ttft_ms === null ? [] : [`first token ${latency(ttft_ms)}`]),
    ...(tokens_per_second === null ? [] : [`${rate(tokens_per_second)} tok/s`]),
    ...(node.live ? [`${count(node.tasks_per_hour)} tasks and ${count(node.failed)} failed in the last hour`] : []),
    ...trust(node),
    ...(node.role === "router" && node.earned_cor === "0"
      ? []
      : [`${amount(node.earned_today_cor)} COR today, ${amount(node.earned_cor)} in all`]),
    ...(url === null ? [] : [clean(url)]),
  ];
  return `${name}: ${parts.join(", ")}`;
}

function trust(node: NodeStatus): string[] {
  const text = standing(node);
  if (text === "-") return [];
  return [node.state === "newcomer" ? `${text.replace("/", " of ")} first orders done` : `reputation ${text}`];
}

function moneyLine({ money, nodes }: StatusSnapshot): string[] {
  if (nodes.length === 0) return [];
  const gas = money.gas === null ? "" : `, gas ${amount(money.gas)} ETH`;
  return [
    `Money: ${amount(money.earned_today_cor)} COR today, ${amount(money.waiting_cor)} waiting in vouchers, ${amount(money.earned_cor)} in all${gas}.`,
  ];
}

function workLine({ totals, nodes }: StatusSnapshot): string[] {
  if (nodes.length === 0) return [];
  const { ttft_ms: half, ttft_p95_ms: most } = totals;
  const token = half === null ? "" : `, first token ${latency(half)} half`;
  const slow = most === null || half === null ? "" : ` and ${latency(most)} 95%`;
  return [
    `Work: ${count(totals.tasks_per_minute)} tasks a minute, ${rate(totals.tokens_per_second)} tokens a second${token}${slow}.`,
  ];
}
