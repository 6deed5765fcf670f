import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Hex } from "../../util/types.ts";

/** A whole chain as anvil gives it, and its newest block, so that loading can be checked. */
export interface ChainState {
  readonly schema: "cortensor.chain/1";
  readonly block: number;
  readonly hash: Hex;
  /** Of `anvil_dumpState`: gzipped JSON as hexadecimal text. Its checksum tells anvil when a digit was changed. */
  readonly state: Hex;
}

/** A generation that was found: its content, or why it cannot be used. */
export interface FoundState {
  readonly file: string;
  readonly state?: ChainState;
  readonly damage?: string;
}

/** The two newest dumps of a chain. A dump is in place as a whole or not at all. */
export class StateFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What there is, newest first. */
  async read(): Promise<readonly FoundState[]> {
    const found = await Promise.all([this.#newest, this.#previous].map(readState));
    return found.filter((state) => state !== undefined);
  }

  /** The newest becomes the previous one. */
  async write(state: ChainState): Promise<void> {
    const part = `${this.#newest}.part`;
    const handle = await open(part, "w", 0o600);
    try {
      await handle.writeFile(JSON.stringify(state));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameIfThere(this.#newest, this.#previous);
    await rename(part, this.#newest);
    await syncFolder(this.#folder);
  }

  /** Puts a damaged newest dump aside, so that it does not take the place of the good one before it. */
  async setAside(file: string): Promise<string> {
    const aside = file.replace(/\.json$/, ".damaged.json");
    await rename(file, aside);
    return aside;
  }

  get #newest(): string {
    return join(this.#folder, "state.json");
  }

  get #previous(): string {
    return join(this.#folder, "state.previous.json");
  }
}

async function readState(file: string): Promise<FoundState | undefined> {
  try {
    const found = JSON.parse(await readFile(file, "utf8")) as Partial<ChainState>;
    if (found.schema !== "cortensor.chain/1" || typeof found.state !== "string" || typeof found.hash !== "string") {
      return { file, damage: "it is not a dump of a chain" };
    }
    return { file, state: found as ChainState };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return { file, damage: (error as Error).message };
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Without this a power cut may undo the renaming. Not every system can. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
