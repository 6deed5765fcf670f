import { spawnSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** The pid file of an embedded chain. */
export interface Running {
  readonly pid: number;
  readonly url: string;
}

const PATIENCE_MS = 3000;

export async function writePidFile(file: string, running: Running): Promise<void> {
  await writeFile(file, JSON.stringify(running), { mode: 0o600 });
}

export async function removePidFile(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** A chain that outlived whoever started it: only when the process of that pid has this title. */
export async function findLeftover(file: string, title: string): Promise<Running | undefined> {
  const running = await readPidFile(file);
  if (running === undefined) return undefined;
  const command = await commandLine(running.pid);
  return command?.startsWith(`${title} `) === true ? running : undefined;
}

/** Until it is gone. */
export async function endLeftover({ pid }: Running): Promise<void> {
  let signal: NodeJS.Signals = "SIGTERM";
  for (const begin = performance.now(); performance.now() - begin < 2 * PATIENCE_MS; await sleep(10)) {
    if (performance.now() - begin > PATIENCE_MS) signal = "SIGKILL";
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    // Without a command line it is dead, and only waits for its parent to notice.
    if ((await commandLine(pid)) === undefined) return;
  }
}

async function readPidFile(file: string): Promise<Running | undefined> {
  try {
    const { pid, url } = JSON.parse(await readFile(file, "utf8")) as Partial<Running>;
    return Number.isInteger(pid) && typeof url === "string" ? { pid: pid as number, url } : undefined;
  } catch {
    // Absent or cut short: then there is nothing that could be verified.
    return undefined;
  }
}

async function commandLine(pid: number): Promise<string | undefined> {
  if (process.platform !== "linux") return fromPs(pid);
  try {
    const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
    return words === "" ? undefined : words;
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): string | undefined {
  const { status, stdout } = spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8", timeout: 2000 });
  return status === 0 && stdout.trim() !== "" ? `${stdout.trim()} ` : undefined;
}
