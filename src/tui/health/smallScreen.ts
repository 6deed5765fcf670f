import type { NodeStatus } from "../../observability/snapshot.ts";
import { accent, cut, cutLine, type Line, line, muted, strong } from "../text/line.ts";
import { amount } from "../text/values.ts";
import { firstSentence } from "./firstSentence.ts";
import { asked } from "./footer.ts";
import { windowOf } from "./nodeTable.ts";
import type { View } from "./view.ts";

/** Below this there is room for the first sentence and one row a node. */
export const LEAST = { columns: 60, rows: 16 } as const;

export function smallScreen(view: View): Line[] {
  if (view.question === undefined) return rowsOf(view);
  const rows = rowsOf({ ...view, rows: view.rows - 1 }).slice(0, Math.max(0, view.rows - 1));
  return [...rows, asked(view.question, view.columns)];
}

function rowsOf(view: View): Line[] {
  const { nodes } = view.snapshot;
  const rows = [cutLine(firstSentence(view), view.columns)];
  const room = view.rows - 1;
  if (room < 1) return rows;
  const { shown, more } = windowOf(nodes, { rows: room, selected: view.selected });
  rows.push(...shown.map((node) => nodeRow(node, view)));
  if (more > 0 && rows.length < view.rows) rows.push(line(" ", muted(`⋮ ${more} more`)));
  return rows.map((row) => cutLine(row, view.columns));
}

function nodeRow(node: NodeStatus, { selected, columns }: View): Line {
  const money = `${amount(node.earned_today_cor)} COR`;
  const rest = `  ${node.state.padEnd(8)}  ${money.padStart(11)}`;
  // Numbers are never cut, so the name gives way.
  const room = Math.max(1, Math.min(14, columns - 3 - rest.length));
  const name = cut(node.name, room).padEnd(room);
  const isSelected = node.address === selected;
  return line(" ", isSelected ? accent("▸") : " ", " ", isSelected ? strong(name) : name, rest);
}
