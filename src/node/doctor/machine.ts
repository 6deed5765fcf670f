import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { anvilBinary } from "../../chain/anvil/binary.ts";
import { importLibrary, openLlama } from "../../engine/llama/library.ts";
import { createSilentLog } from "../../observability/log.ts";
import { type Finding, failed, findingOf, ok, warn } from "./finding.ts";
import type { Check } from "./ground.ts";

const NEEDED = [22, 13] as const;
const LOW_BYTES = 1e9;
const NONE_BYTES = 50e6;

/** Node.js, and the packages that npm may have left out. */
export const programs: Check = async () => [nodeVersion(process.versions.node), chainPackage(), await enginePackage()];

/** Free space where the home is. */
export const disk: Check = async ({ home }) => {
  const { bavail, bsize } = await nearest(home.root);
  return [diskSpace(bavail * bsize, home.root)];
};

export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isEnough = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
  if (isEnough) return ok("node", `Node.js ${version}`);
  return failed("node", `Node.js ${version}, and ${NEEDED.join(".")} is needed`, "cortensor help node-version");
}

export function diskSpace(freeBytes: number, folder: string): Finding {
  const detail = `${gigabytes(freeBytes)} free for ${folder}`;
  if (freeBytes < NONE_BYTES) return failed("disk", detail, "cortensor --home FOLDER up");
  return freeBytes < LOW_BYTES ? warn("disk", detail, "cortensor --home FOLDER up") : ok("disk", detail);
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1)} GB`;
}

function chainPackage(): Finding {
  try {
    anvilBinary();
    return ok("anvil", "the embedded chain is installed");
  } catch (error) {
    // Other networks do without.
    return { ...findingOf("anvil", error), result: "warn" };
  }
}

async function enginePackage(): Promise<Finding> {
  try {
    const llama = await openLlama(importLibrary, createSilentLog());
    const gpu = llama.gpu === false ? "no graphics processor" : llama.gpu;
    return ok("engine", `node-llama-cpp loads, ${gpu}, ${llama.cpuMathCores} cores`);
  } catch (error) {
    return { ...findingOf("engine", error), result: "warn" };
  }
}

/** The home may not be there yet; the disk it will be on is. */
async function nearest(folder: string): Promise<StatsFs> {
  try {
    return await statfs(folder);
  } catch (error) {
    const above = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || above === folder) throw error;
    return nearest(above);
  }
}
