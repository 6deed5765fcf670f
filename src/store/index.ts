import type { Store } from "./interface.ts";
import { MemoryStore } from "./memory.ts";
import { SqliteStore } from "./sqlite.ts";

/** A store over one SQLite file, or in memory when `file` is "memory". `start` opens it. */
export function openStore({ file }: { readonly file: string }): Store {
  return file === "memory" ? new MemoryStore() : new SqliteStore({ file });
}
