import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Home } from "./home.ts";
import { processStart } from "./processStart.ts";

/** Who holds a name of a home. */
export interface Holder {
  readonly pid: number;
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /** The start of that process, as the system tells it: a later process with the same pid has another. */
  readonly start: string;
}

export interface Lock {
  readonly holder: Holder;
  /** May be called twice; also on the way out of the process, as it does not wait. */
  release(): void;
}

const TRIES = 5;

/**
 * Takes a name of a home (a node, or `up`) for this process by a pid file. A file that a dead process left is replaced.
 * Throws `home-in-use`, naming the process and since when.
 */
export function lockHome(home: Home, name: string): Lock {
  const { pidFile } = home.node(name);
  mkdirSync(dirname(pidFile), { recursive: true, mode: 0o700 });
  return lockFile(pidFile, {
    taken: (holder) => inUse(name, holder),
    crowded: () =>
      new CortensorError("home-in-use", `${name} is being started by several processes at once`, {
        try: "cortensor status",
        data: { name },
      }),
  });
}

/** The same by any file, in a folder that is there; `taken` is thrown when a living process holds it, `crowded` when several take it just now. */
export function lockFile(
  file: string,
  errors: { taken(holder: Holder): CortensorError; crowded(): CortensorError },
): Lock {
  const holder: Holder = { pid: process.pid, since: new Date().toISOString(), start: processStart(process.pid) ?? "" };
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (create(file, holder)) return { holder, release: () => release(file, holder) };
    const other = read(file);
    if (other !== undefined && isAlive(other)) throw errors.taken(other);
    removeStale(file);
  }
  throw errors.crowded();
}

/** The living process that holds a name, if any. */
export function holderOf(home: Home, name: string): Holder | undefined {
  const holder = read(home.node(name).pidFile);
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

/** Writes beside and links, so that nobody ever sees a pid file half written. */
function create(file: string, holder: Holder): boolean {
  const part = `${file}.${randomBytes(6).toString("hex")}.part`;
  writeFileSync(part, JSON.stringify(holder), { mode: 0o600, flag: "wx" });
  try {
    place(part, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
}

function place(part: string, file: string): void {
  try {
    linkSync(part, file);
  } catch (error) {
    // Some file systems of sticks and shares have no links.
    if (!["EPERM", "ENOTSUP", "ENOSYS", "EOPNOTSUPP"].includes((error as NodeJS.ErrnoException).code ?? ""))
      throw error;
    copyFileSync(part, file, constants.COPYFILE_EXCL);
  }
}

/** Moves the file away before it looks again: of two processes that saw the same stale file, one may already have replaced it. */
function removeStale(file: string): void {
  const aside = `${file}.${randomBytes(6).toString("hex")}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    const moved = read(aside);
    if (moved !== undefined && isAlive(moved)) create(file, moved);
  } finally {
    rmSync(aside, { force: true });
  }
}

function release(file: string, holder: Holder): void {
  const found = read(file);
  if (found?.pid !== holder.pid || found.since !== holder.since) return;
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Undefined when there is no such file or no pid in it. */
function read(file: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileSync(file, "utf8")) as Partial<Holder> | null;
    if (typeof value?.pid !== "number" || typeof value.since !== "string" || typeof value.start !== "string")
      return undefined;
    return { pid: value.pid, since: value.since, start: value.start };
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive({ pid, start }: Holder): boolean {
  const now = processStart(pid);
  // Where the system does not tell, a living pid has to be enough.
  return now !== undefined && (now === start || now === "" || start === "");
}

function inUse(name: string, { pid, since }: Holder): CortensorError {
  const what = name === "fleet" ? "the practice network" : name;
  return new CortensorError("home-in-use", `${what} already runs from this home`, {
    why: [["why", `process ${pid}, since ${clockTime(new Date(since))}`]],
    try: "cortensor status",
    data: { name, pid, since },
  });
}

/** Local time, with the date when it is not today. */
function clockTime(time: Date): string {
  const clock = time.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (time.toDateString() === new Date().toDateString()) return clock;
  return `${time.getDate()} ${time.toLocaleDateString("en-GB", { month: "short", year: "numeric" })}, ${clock}`;
}
