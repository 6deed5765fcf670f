import type { Look } from "../output/look.ts";
import { printable } from "../output/printable.ts";
import type { LogEntry } from "./logEntry.ts";

const MESSAGE_COLUMNS = 22;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export interface LineOptions {
  readonly look: Look;
  /** Width of the column of names. */
  readonly columns: number;
  /** Lines of another day than this have their date. */
  readonly now: number;
}

/** Clock, node, mark, message, values: `13:58:02  miner-1    ! rpc endpoint slow       endpoint=rpc-2 p95_ms=4100`. */
export function logLine(entry: LogEntry, { look, columns, now }: LineOptions): string {
  const { level, node, message, values } = entry;
  const { style, glyph } = look;
  const mark = level === "error" ? style.error(glyph.error) : level === "warn" ? style.warn(glyph.warn) : " ";
  const rest = Object.entries(values).map(([name, value]) => `${snake(name)}=${valueText(value, glyph.cut)}`);
  const text = line(message).padEnd(rest.length === 0 ? 0 : MESSAGE_COLUMNS);
  const tail = rest.length === 0 ? "" : `  ${style.muted(rest.join(" "))}`;
  return `${clockText(entry.time, now)}  ${line(node).padEnd(columns)} ${mark} ${text}${tail}`.trimEnd();
}

/** Local time; the date when it is not today. */
function clockText(time: number, now: number): string {
  const at = new Date(time);
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  if (at.toDateString() === new Date(now).toDateString()) return clock;
  return `${at.getDate()} ${MONTHS[at.getMonth()] ?? ""} ${clock}`;
}

function valueText(value: unknown, cut: string): string {
  if (typeof value !== "string") return line(isError(value) ? quotedIfNeeded(value.message) : JSON.stringify(value));
  // Addresses and hashes whole would push everything else off the line; --json has them.
  if (/^0x[0-9a-f]{40,}$/.test(value)) return `${value.slice(0, 6)}${cut}${value.slice(-4)}`;
  return line(quotedIfNeeded(value));
}

function isError(value: unknown): value is { readonly message: string } {
  return typeof value === "object" && value !== null && "message" in value && typeof value.message === "string";
}

function quotedIfNeeded(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** One line for one entry, whatever a peer put into it. */
function line(text: string): string {
  return printable(text).replace(/\s+/g, " ");
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
