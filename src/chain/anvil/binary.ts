import { createRequire } from "node:module";
import { CortensorError } from "../../errors/cortensorError.ts";

/** Names of the operating system in anvil's packages. */
const SYSTEMS: Readonly<Record<string, string>> = { linux: "linux", darwin: "darwin", win32: "win32" };
const PROCESSORS: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** The path of anvil's program for this machine. Throws `chain-missing`. */
export function anvilBinary(platform: string = process.platform, processor: string = process.arch): string {
  const name = `@foundry-rs/anvil-${SYSTEMS[platform] ?? platform}-${PROCESSORS[processor] ?? processor}`;
  const file = platform === "win32" ? "anvil.exe" : "anvil";
  try {
    // The package of the platform belongs to the one that we depend on, and may be installed inside it.
    const outer = createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json");
    return createRequire(outer).resolve(`${name}/bin/${file}`);
  } catch (error) {
    throw new CortensorError("chain-missing", "the embedded chain, anvil, is not installed", {
      why: [["needed", `the optional package @foundry-rs/anvil with ${name}`]],
      try: "npm install --include=optional",
      data: { package: name },
      cause: error,
    });
  }
}
