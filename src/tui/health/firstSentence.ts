import type { Attention } from "../../observability/snapshot.ts";
import { clean } from "../text/clean.ts";
import { cutLine, type Line, line, muted, type Segment } from "../text/line.ts";
import { sentence, span } from "../text/values.ts";
import type { View } from "./view.ts";

/** Others that are told by their sentence alone. */
const MORE = 2;
const LABEL = 9;
/** Something newer than this says no time. */
const NEW_MS = 60_000;

/** What needs the reader: the first with all there is to know about it, then the others. */
export function sentenceBlock(view: View): Line[] {
  const { attention } = view.snapshot;
  const [first, ...others] = attention;
  if (first === undefined) return [allWell(view)];
  const rows = [told(first, view), ...explained(first)];
  for (const other of others.slice(0, MORE)) rows.push(told(other, view));
  const left = others.length - MORE;
  if (left > 0) rows.push(line(`   and ${left} more: `, muted("cortensor status --plain")));
  return rows.map((row) => cutLine(row, view.columns));
}

/** The first sentence alone. */
export function firstSentence(view: View): Line {
  const [first] = view.snapshot.attention;
  return first === undefined ? allWell(view) : told(first, view);
}

function allWell({ snapshot: { nodes, totals } }: View): Line {
  if (nodes.length === 0) return line(" ", muted("∙"), " Starting.");
  if (nodes.some(({ state }) => state === "starting"))
    return line(" ", muted("∙"), ` Starting. ${totals.live} of ${totals.nodes} nodes live.`);
  return line(" ", { text: "✓", role: "ok" }, " All well. Nothing needs you.");
}

function told({ severity, text, since }: Attention, { now }: View): Line {
  const age = now - Date.parse(since);
  const glyph: Segment = severity === "error" ? { text: "✗", role: "error" } : { text: "!", role: "warn" };
  return line(" ", glyph, ` ${sentence(clean(text))}`, muted(age >= NEW_MS ? `  for ${span(age)}` : ""));
}

function explained({ details = [], try: command }: Attention): Line[] {
  const rows = details.map(([label, text]) => labelled(label, clean(text)));
  return command === null ? rows : [...rows, labelled("try", `${command} · u looks again`)];
}

function labelled(label: string, text: string): Line {
  return line("   ", muted(label.padEnd(LABEL)), text);
}
