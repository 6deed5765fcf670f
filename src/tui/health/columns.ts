import type { NodeState, NodeStatus } from "../../observability/snapshot.ts";
import { clean } from "../text/clean.ts";
import { cut, type Role } from "../text/line.ts";
import { amount, count, latency, NONE, rate, shortAddress } from "../text/values.ts";

type ColumnId =
  | "name"
  | "public"
  | "address"
  | "state"
  | "model"
  | "slots"
  | "ttft"
  | "speed"
  | "tasks"
  | "failed"
  | "rep"
  | "today"
  | "earned";

/** A column of the table of nodes. */
export interface Column {
  readonly id: ColumnId;
  readonly title: string;
  /** Numbers stand right, so that their digits align. */
  readonly right?: true;
  /** Room it always has, so that a value that comes and goes shifts nothing. */
  readonly least?: number;
  text(node: NodeStatus): string;
  role?(node: NodeStatus): Role;
}

const COLUMNS: readonly Column[] = [
  { id: "name", title: "Your nodes", text: ({ name }) => name },
  { id: "public", title: "public name", text: ({ public_name }) => public_name },
  { id: "address", title: "address", text: ({ address }) => shortAddress(address) },
  { id: "state", title: "state", least: 8, text: ({ state }) => state, role: ({ state }) => STATE_ROLES[state] },
  { id: "model", title: "model", text: modelText },
  { id: "slots", title: "slots", right: true, text: slotsText },
  { id: "ttft", title: "first token", right: true, text: ({ ttft_ms }) => known(ttft_ms, latency) },
  { id: "speed", title: "tok/s", right: true, text: ({ tokens_per_second }) => known(tokens_per_second, rate) },
  { id: "tasks", title: "tasks/h", right: true, text: ({ tasks_per_hour }) => count(tasks_per_hour) },
  { id: "failed", title: "failed", right: true, text: ({ failed }) => count(failed), role: failedRole },
  { id: "rep", title: "rep", right: true, least: 4, text: standing },
  { id: "today", title: "COR today", right: true, text: ({ earned_today_cor }) => amount(earned_today_cor) },
  { id: "earned", title: "COR in all", right: true, text: ({ earned_cor }) => amount(earned_cor) },
];

const STATE_ROLES: Readonly<Record<NodeState, Role>> = {
  starting: "muted",
  newcomer: "primary",
  serving: "primary",
  paused: "muted",
  draining: "muted",
  restarting: "warn",
  down: "error",
  checking: "primary",
  standby: "muted",
};

function known(value: number | null, show: (value: number) => string): string {
  return value === null ? NONE : show(value);
}

function modelText({ models }: NodeStatus): string {
  const [only] = models;
  if (only === undefined) return NONE;
  return models.length === 1 ? clean(only) : `${models.length} models`;
}

function slotsText({ slots }: NodeStatus): string {
  return slots.total === 0 ? NONE : `${slots.busy}/${slots.total}`;
}

function failedRole({ failed }: NodeStatus): Role {
  return failed > 0 ? "warn" : "primary";
}

/** A newcomer's orders done of 10; else the lowest reputation that a router gives, cut and never rounded up. */
export function standing({ state, newcomer, reputation }: NodeStatus): string {
  if (state === "newcomer") return `${Math.max(0, ...Object.values(newcomer))}/10`;
  const all = Object.values(reputation);
  return all.length === 0 ? NONE : (Math.floor(Math.min(...all) * 100 + 1e-9) / 100).toFixed(2);
}

/** Which columns a screen of this width begins with. */
function idsFor(columns: number): readonly ColumnId[] {
  if (columns >= 140) return COLUMNS.map(({ id }) => id);
  if (columns >= 100) return ["name", "state", "model", "slots", "ttft", "speed", "tasks", "failed", "rep", "today"];
  return ["name", "state", "slots", "ttft", "speed", "failed", "rep", "today"];
}

/** The order in which columns leave; name, state and COR never do. */
const LEAVING: readonly ColumnId[] = [
  "address",
  "public",
  "earned",
  "speed",
  "model",
  "ttft",
  "failed",
  "tasks",
  "slots",
  "rep",
];

const GAP = 2;
/** The margin, and the mark of the selected row. */
export const BEFORE_NAME = 3;
const LEAST_MODEL = 10;

/** A column with the room it got. */
export interface PlacedColumn extends Column {
  readonly width: number;
}

/** Columns for a table in `room` columns of a screen of `columns`: as many as fit, numbers whole. */
export function placeColumns(
  nodes: readonly NodeStatus[],
  { columns, room }: { columns: number; room: number },
): PlacedColumn[] {
  const ids = idsFor(columns);
  let chosen = COLUMNS.filter(({ id }) => ids.includes(id)).map((column) => ({
    ...column,
    width: needed(column, nodes, columns),
  }));
  for (const id of [undefined, ...LEAVING]) {
    chosen = chosen.filter((column) => column.id !== id);
    const fitted = shrunk(chosen, room);
    if (fitted !== undefined) return fitted;
  }
  return squeezed(chosen, room);
}

function needed(column: Column, nodes: readonly NodeStatus[], columns: number): number {
  const texts = nodes.map((node) => column.text(node).length);
  if (column.id !== "name") return Math.max(column.title.length, column.least ?? 0, ...texts);
  const most = columns < 80 ? 12 : columns < 100 ? 16 : 20;
  return Math.min(most, Math.max(column.title.length + 1 - BEFORE_NAME, ...texts));
}

function total(columns: readonly PlacedColumn[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP, BEFORE_NAME - GAP);
}

/** The model's name may be cut, before a column leaves. Undefined when that is not enough. */
function shrunk(columns: readonly PlacedColumn[], room: number): PlacedColumn[] | undefined {
  const over = total(columns) - room;
  if (over <= 0) return [...columns];
  const model = columns.find(({ id }) => id === "model");
  if (model === undefined || model.width - over < LEAST_MODEL) return undefined;
  return columns.map((column) => (column === model ? { ...column, width: column.width - over } : column));
}

/** When even the last columns are too wide, the name gives way. */
function squeezed(columns: readonly PlacedColumn[], room: number): PlacedColumn[] {
  const over = total(columns) - room;
  return columns.map((column) =>
    column.id === "name" ? { ...column, width: Math.max(1, column.width - over) } : column,
  );
}

/** A value in its column: names are cut, numbers are not. */
export function inColumn(column: PlacedColumn, text: string): string {
  return column.right === true ? text.padStart(column.width) : cut(text, column.width).padEnd(column.width);
}
