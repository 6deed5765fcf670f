import type { Look } from "./look.ts";

/** A bar of so many columns. */
export function bar(done: number, all: number, { glyph, columns }: { glyph: Look["glyph"]; columns: number }): string {
  const filled = all === 0 ? columns : Math.floor((columns * Math.min(done, all)) / all);
  return glyph.barDone.repeat(filled) + glyph.barLeft.repeat(columns - filled);
}
