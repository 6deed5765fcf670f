import { toAscii } from "./ascii.ts";

/** How a piece of text looks. Roles, not colours: what each looks like stands in one place. */
export type Role = "primary" | "strong" | "muted" | "accent" | "ok" | "warn" | "error";

export interface Segment {
  readonly text: string;
  readonly role: Role;
}

/** One row of a screen. Every character is one column wide (see `clean`). */
export type Line = readonly Segment[];

/** What a line may be written as: plain text, or parts with a look. */
export type Part = string | Segment;

export function strong(text: string): Segment {
  return { text, role: "strong" };
}

export function muted(text: string): Segment {
  return { text, role: "muted" };
}

export function accent(text: string): Segment {
  return { text, role: "accent" };
}

export function line(...parts: readonly Part[]): Line {
  return parts
    .map((part) => (typeof part === "string" ? ({ text: part, role: "primary" } as const) : part))
    .filter(({ text }) => text !== "");
}

export const EMPTY: Line = [];

/** Columns that text takes. */
export function width(text: string): number {
  return text.length;
}

export function lineWidth(row: Line): number {
  return row.reduce((total, { text }) => total + width(text), 0);
}

/** At most so many columns; what is cut off shows as `…`. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  return columns < 1 ? "" : `${text.slice(0, columns - 1)}…`;
}

export function cutLine(row: Line, columns: number): Line {
  if (lineWidth(row) <= columns) return row;
  const kept: Segment[] = [];
  let left = columns;
  for (const segment of row) {
    if (left <= 0) break;
    // The next segment is cut away whole, so this one has to show it.
    const whole = width(segment.text) < left;
    kept.push(whole ? segment : { ...segment, text: `${segment.text.slice(0, left - 1)}…` });
    left -= whole ? width(segment.text) : left;
  }
  return kept;
}

/** Left and right parts of one row; the left one is cut when both do not fit. */
export function spread(left: Line, right: Line, columns: number): Line {
  const room = columns - lineWidth(right);
  if (room < 8) return cutLine(left, columns);
  const kept = cutLine(left, right.length === 0 ? room : room - 1);
  if (right.length === 0) return kept;
  return [...kept, ...line(" ".repeat(room - lineWidth(kept))), ...right];
}

/** Puts two blocks side by side, the second one beginning at a column. */
export function beside(left: readonly Line[], right: readonly Line[], at: number): Line[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, row) => {
    const first = cutLine(left[row] ?? EMPTY, at - 1);
    const second = right[row] ?? EMPTY;
    return second.length === 0 ? first : [...first, ...line(" ".repeat(at - lineWidth(first))), ...second];
  });
}

export function textOf(row: Line): string {
  return row.map(({ text }) => text).join("");
}

export function asciiLine(row: Line): Line {
  return row.map(({ text, role }) => ({ text: toAscii(text), role }));
}
