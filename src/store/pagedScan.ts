import type { ScanOptions } from "./interface.ts";

export type Row = readonly [key: string, value: Uint8Array];

/** Rows with `from <= key < below`, at most `limit`, in the order of keys or against it. */
export interface Page {
  readonly from: string;
  readonly below: string | undefined;
  readonly limit: number;
  readonly reverse: boolean;
}

const PAGE_ROWS = 256;

/**
 * Reads a range page by page, so that a large table is never in memory as a whole and writes in between disturb nothing.
 * Every iteration begins anew.
 */
export function pagedScan(read: (page: Page) => readonly Row[], options: ScanOptions = {}): Iterable<Row> {
  return { [Symbol.iterator]: () => rows(read, options) };
}

function* rows(read: (page: Page) => readonly Row[], options: ScanOptions): Generator<Row, undefined> {
  const { prefix = "", after, limit = Number.POSITIVE_INFINITY, reverse = false } = options;
  let from = prefix;
  let below = firstAfter(prefix);
  if (after !== undefined && reverse) below = below === undefined ? after : lesser(after, below);
  else if (after !== undefined) from = greater(`${after}\u0001`, from);
  for (let left = limit; left > 0; ) {
    const asked = Math.min(left, PAGE_ROWS);
    const page = read({ from, below, limit: asked, reverse });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < asked) return;
    left -= page.length;
    // No key holds U+0000, so this is the least that can follow.
    if (reverse) below = last[0];
    else from = `${last[0]}\u0001`;
  }
}

/** As UTF-8 bytes sort. */
function greater(one: string, other: string): string {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) >= 0 ? one : other;
}

function lesser(one: string, other: string): string {
  return greater(one, other) === one ? other : one;
}

/** The least text above all that begin with `prefix`; undefined when there is none. UTF-8 bytes sort as code points do. */
function firstAfter(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point === 0x10ffff) continue;
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    return points.join("") + String.fromCodePoint(next);
  }
  return undefined;
}
