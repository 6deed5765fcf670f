import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * The program's own file, for processes that it starts itself. Never the launcher in `bin`: a kill of the launcher leaves
 * the program it started alive.
 */
export function mainFile(): string {
  const manifest = createRequire(import.meta.url).resolve("cortensor/package.json");
  return join(dirname(manifest), "dist", "main.js");
}
