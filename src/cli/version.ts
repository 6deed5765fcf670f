import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The version in package.json, found by the package's own name: sources and built files lie at different depths. */
export function version(): string {
  const file = createRequire(import.meta.url).resolve("cortensor/package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
