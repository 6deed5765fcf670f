import type { NodeStatus } from "../../observability/snapshot.ts";
import { clean } from "../text/clean.ts";
import { cutLine, type Line, line, muted, strong } from "../text/line.ts";
import { amount, count, latency, rate, shortAddress, span, sparkline, when } from "../text/values.ts";
import type { View } from "./view.ts";

const LABEL = 11;
const AMOUNT = 9;

export function moneyPanel({ snapshot: { money } }: View): Line[] {
  const cor = (label: string, value: string, note = ""): Line =>
    line(` ${label.padEnd(LABEL)}${amount(value).padStart(AMOUNT)}`, muted(` COR${note}`));
  return [
    line(" ", strong("Money")),
    cor("today", money.earned_today_cor),
    cor("waiting", money.waiting_cor, "  redeems itself"),
    cor("in all", money.earned_cor),
    ...(money.gas === null
      ? []
      : [line(` ${"gas".padEnd(LABEL)}${amount(money.gas).padStart(AMOUNT)}`, muted(" ETH"))]),
  ];
}

const NAME = 16;
const VALUE = 7;

/** Work that passes own nodes; beside Money where there is room. */
export function networkPanel({ snapshot: { totals } }: View): Line[] {
  const counted = (label: string, value: string, history: readonly number[]): Line =>
    line(`${label.padEnd(NAME)}${value.padStart(VALUE)}  ${sparkline(history)}`);
  const rows = [
    line(strong("Network")),
    counted("tasks a minute", count(totals.tasks_per_minute), totals.tasks_history),
    counted("tokens a second", rate(totals.tokens_per_second), totals.tokens_history),
  ];
  if (totals.ttft_ms !== null) rows.push(line("first token".padEnd(NAME + VALUE - 4), ...firstToken(totals)));
  return rows;
}

function firstToken({ ttft_ms, ttft_p95_ms }: View["snapshot"]["totals"]) {
  const half = ttft_ms === null ? [] : [latency(ttft_ms), muted(" half")];
  return ttft_p95_ms === null ? half : [...half, ", ", latency(ttft_p95_ms), muted(" 95%")];
}

/** The same in one row, for narrower screens. */
export function networkRow({ snapshot: { totals }, columns }: View): Line {
  const token = totals.ttft_ms === null ? [] : [`   ${latency(totals.ttft_ms)}`, muted(" first token")];
  const tasks = [count(totals.tasks_per_minute), muted(" tasks a minute"), ` ${sparkline(totals.tasks_history)}`];
  return cutLine(line(" ", strong("Network".padEnd(15)), ...tasks, ...token), columns);
}

/** Who the selected node is for others, and where a router listens. */
export function selectedPanel({ snapshot: { nodes }, selected, now, columns }: View): Line[] {
  const node = nodes.find(({ address }) => address === selected);
  if (node === undefined) return [];
  const facts = [
    ...(node.url === null ? [] : [clean(node.url)]),
    `${node.state} for ${span(now - Date.parse(node.state_since))}`,
    ...(node.state_reason === null ? [] : [clean(node.state_reason)]),
    `${node.public_name} · ${shortAddress(node.address)}`,
  ];
  return [cutLine(line(" ", strong(node.name), ` · ${facts.join(" · ")}`), columns)];
}

/** The newest events, at most so many rows with the heading; none when there are none. */
export function latelyPanel(view: View, { room, rows }: { readonly room: number; readonly rows: number }): Line[] {
  const { lately, nodes } = view.snapshot;
  const shown = lately.slice(0, Math.max(0, rows - 1));
  if (shown.length === 0) return [];
  const times = shown.map(({ at }) => when(at, view.now));
  const time = Math.max(...times.map(({ length }) => length));
  const name = nameWidth(nodes);
  return [
    line(" ", strong("Lately")),
    ...shown.map(({ node, text }, at) =>
      cutLine(
        line(" ", muted((times[at] ?? "").padEnd(time)), `  ${node.slice(0, name).padEnd(name)}  ${clean(text)}`),
        room,
      ),
    ),
  ];
}

function nameWidth(nodes: readonly NodeStatus[]): number {
  return Math.min(12, Math.max(0, ...nodes.map(({ name }) => name.length)));
}
