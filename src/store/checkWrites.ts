import type { Write } from "./interface.ts";

/**
 * Refuses what SQLite's text cannot hold as it is: U+0000 and lone surrogates would come back as another key. Checked
 * before anything is applied, so that a write of several rows is never left half done. A failure is a bug of the caller.
 */
export function checkWrites(writes: readonly Write[]): void {
  for (const { table, key } of writes) {
    checkText(table);
    checkText(key);
  }
}

function checkText(text: string): void {
  if (text === "" || text.includes("\0") || !text.isWellFormed()) {
    throw new Error(`${JSON.stringify(text)} cannot name a table or row`);
  }
}
