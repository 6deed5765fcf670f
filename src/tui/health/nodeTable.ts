import type { NodeStatus } from "../../observability/snapshot.ts";
import { accent, type Line, line, muted, type Part, strong } from "../text/line.ts";
import { BEFORE_NAME, inColumn, type PlacedColumn, placeColumns } from "./columns.ts";
import type { View } from "./view.ts";

const GAP = "  ";

/** The table of own nodes in `room` columns and at most `rows` rows, the heading among them; the selected one is in it. */
export function nodeTable(view: View, { room, rows }: { readonly room: number; readonly rows: number }): Line[] {
  const { nodes } = view.snapshot;
  const columns = placeColumns(nodes, { columns: view.columns, room });
  const { shown, more } = windowOf(nodes, { rows: rows - 1, selected: view.selected });
  const table = [heading(columns), ...shown.map((node) => row(node, columns, node.address === view.selected))];
  return more > 0 ? [...table, line(" ", muted(`⋮ ${more} more`))] : table;
}

/** Of a list that does not fit, the part around the selected one; one row then tells how many are left out. */
export function windowOf(
  nodes: readonly NodeStatus[],
  { rows, selected }: { readonly rows: number; readonly selected: string | undefined },
): { readonly shown: readonly NodeStatus[]; readonly more: number } {
  if (nodes.length <= rows) return { shown: nodes, more: 0 };
  const fit = Math.max(1, rows - 1);
  const at = Math.max(
    0,
    nodes.findIndex(({ address }) => address === selected),
  );
  const from = Math.min(Math.max(0, at - fit + 1), nodes.length - fit);
  return { shown: nodes.slice(from, from + fit), more: nodes.length - fit };
}

function heading(columns: readonly PlacedColumn[]): Line {
  const parts = columns.map((column): Part[] => {
    // The first heading begins at the margin, above the marks.
    if (column.id === "name")
      return [" ", strong(inColumn({ ...column, width: column.width + BEFORE_NAME - 1 }, column.title))];
    return [GAP, muted(inColumn(column, column.title))];
  });
  return line(...parts.flat());
}

function row(node: NodeStatus, columns: readonly PlacedColumn[], isSelected: boolean): Line {
  const parts = columns.map((column): Part[] => {
    const text = inColumn(column, column.text(node));
    const role = column.role?.(node) ?? "primary";
    if (column.id === "name")
      return isSelected ? [" ", accent("▸"), " ", strong(text)] : [" ".repeat(BEFORE_NAME), text];
    return [GAP, { text, role: column.text(node) === "-" ? "muted" : role }];
  });
  return line(...parts.flat());
}
