import { join } from "node:path";
import { readdir, rm } from "node:fs/promises";
import { callControl } from "../node/control.ts";
import type { Home } from "../node/home.ts";
import { holderOf } from "../node/lock.ts";
import type { NodeFacts } from "../observability/snapshot.ts";
import { sleep } from "../util/async.ts";
import { readJson } from "../util/jsonFile.ts";

/** `down` promises an end within 5 s; what has not drained by then is killed. */
const PATIENCE_MS = 5000;
const FLEET = "fleet";

/** Stops every process of a home: the supervisor with its nodes, then nodes that run on their own. Returns their names. */
export async function takeDown(home: Home): Promise<readonly string[]> {
  const names = await runningNames(home);
  // The supervisor first: it would start again what is stopped behind its back.
  const ordered = [...names.filter((name) => name === FLEET), ...names.filter((name) => name !== FLEET)];
  if (ordered[0] === FLEET) await stopProcess(home, FLEET);
  await Promise.all(ordered.filter((name) => name !== FLEET).map((name) => stopProcess(home, name)));
  return names;
}

/** Names whose process lives. */
export async function runningNames(home: Home): Promise<readonly string[]> {
  const files = await readdir(home.runFolder).catch(() => [] as string[]);
  return files
    .filter((file) => file.endsWith(".pid"))
    .map((file) => file.slice(0, -".pid".length))
    .filter((name) => holderOf(home, name) !== undefined);
}

/** Removes the practice chain and what nodes kept of it; never keys, models or settings. */
export async function purge(home: Home): Promise<void> {
  await rm(home.localFolder, { recursive: true, force: true });
  await rm(home.presetFile("local"), { force: true });
  const nodes = await readdir(join(home.root, "nodes")).catch(() => [] as string[]);
  for (const name of nodes) {
    const record = (await readJson(home.node(name).recordFile).catch(() => undefined)) as
      | { network?: string }
      | undefined;
    if (record !== undefined && record.network !== "local") continue;
    const { folder, storeFile, logFolder } = home.node(name);
    for (const path of [
      storeFile,
      `${storeFile}-wal`,
      `${storeFile}-shm`,
      join(folder, "clientSession.json"),
      logFolder,
    ])
      await rm(path, { recursive: true, force: true });
  }
}

/**
 * Asks one process to end and waits; kills it when it has not ended in time. A node that drains answers that still run is
 * given `drainMs` for them.
 */
export async function stopProcess(home: Home, name: string, { drainMs = 0 }: { drainMs?: number } = {}): Promise<void> {
  const holder = holderOf(home, name);
  if (holder === undefined) return;
  const { socket, pidFile } = home.node(name);
  const asked = await callControl(socket, "POST /stop", 1000).catch(() => undefined);
  if (asked === undefined) kill(holder.pid, "SIGTERM");
  const gone = (): boolean => holderOf(home, name)?.pid !== holder.pid;
  if (await within(PATIENCE_MS, gone)) return;
  if (drainMs > 0 && (await stillDrains(socket)) && (await within(drainMs, gone))) return;
  kill(holder.pid, "SIGKILL");
  // What it would have removed itself, else it looks like a node that crashed.
  if (await within(PATIENCE_MS, gone)) await Promise.all([pidFile, socket].map((file) => rm(file, { force: true })));
}

async function stillDrains(socket: string): Promise<boolean> {
  const facts = (await callControl(socket, "GET /facts", 1000).catch(() => undefined)) as
    | Partial<NodeFacts>
    | undefined;
  return facts?.state === "draining" && (facts.slots?.busy ?? 0) > 0;
}

async function within(timeMs: number, done: () => boolean): Promise<boolean> {
  for (let waited = 0; waited < timeMs; waited += 25) {
    if (done()) return true;
    await sleep(25);
  }
  return done();
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}
