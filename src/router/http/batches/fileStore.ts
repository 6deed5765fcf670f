import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import type { Clock, Hex } from "../../../util/types.ts";
import { RequestError } from "../requestError.ts";
import type { BatchLimits } from "./limits.ts";
import { type FileRecord, fileSchema } from "./records.ts";
import { Shelf } from "./shelf.ts";

export interface NewFile {
  /** A fresh one when absent; the same one replaces its file. */
  readonly id?: string;
  readonly filename: string;
  readonly purpose: FileRecord["purpose"];
  readonly content: AsyncIterable<Uint8Array>;
}

/** The files of all keys. */
export class FileStore {
  readonly #shelf: Shelf<FileRecord>;
  readonly #limits: BatchLimits;
  readonly #clock: Clock;

  constructor({ folder, limits }: { folder: string; limits: BatchLimits }, clock: Clock) {
    this.#shelf = new Shelf({ folder, prefix: "file-", schema: fileSchema });
    this.#limits = limits;
    this.#clock = clock;
  }

  async load(): Promise<void> {
    await this.#shelf.load();
  }

  get(account: Hex, id: string): FileRecord | undefined {
    return this.#shelf.get(account, id);
  }

  list(account: Hex): readonly FileRecord[] {
    return this.#shelf.list(account);
  }

  /** Takes a file in. `body-too-large` when it or all files of this key together are too large; nothing of it stays. */
  async add(account: Hex, { id = newId("file-"), filename, purpose, content }: NewFile): Promise<FileRecord> {
    const path = this.#shelf.path(account, id, "data");
    const part = `${path}.part`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      // What a batch gives back was asked for; it does not count against what may be sent.
      const room = purpose === "batch" ? this.#room(account) : Number.POSITIVE_INFINITY;
      const bytes = await write(part, content, (size) => this.#check(size, room));
      await rename(part, path);
      const record = { id, filename, purpose, bytes, createdAt: Math.floor(this.#clock.now() / 1000) };
      await this.#shelf.put(account, record);
      return record;
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  async remove(account: Hex, id: string): Promise<void> {
    await this.#shelf.remove(account, { id, kinds: ["data"] });
  }

  async bytes(account: Hex, id: string): Promise<Buffer> {
    return await readFile(this.#shelf.path(account, id, "data"));
  }

  stream(account: Hex, id: string): Readable {
    return createReadStream(this.#shelf.path(account, id, "data"));
  }

  #room(account: Hex): number {
    return this.#limits.accountBytes - this.list(account).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #check(size: number, room: number): void {
    const { fileBytes, accountBytes } = this.#limits;
    if (size > room)
      throw new RequestError("body-too-large", `the files of this key would have more than ${accountBytes} bytes`, {
        param: "file",
        advice: "Delete some: GET /v1/files lists them.",
      });
    if (size > fileBytes && room !== Number.POSITIVE_INFINITY)
      throw new RequestError("body-too-large", `a file has at most ${fileBytes} bytes here`, {
        param: "file",
        advice: "Split it into several batches.",
      });
  }
}

/** An id that nobody can guess. */
export function newId(prefix: "file-" | "batch_"): string {
  return `${prefix}${randomBytes(12).toString("hex")}`;
}

async function write(file: string, content: AsyncIterable<Uint8Array>, check: (size: number) => void): Promise<number> {
  const handle = await open(file, "w", 0o600);
  let size = 0;
  try {
    for await (const chunk of content) {
      size += chunk.length;
      check(size);
      await handle.writeFile(chunk);
    }
    await handle.sync();
    return size;
  } finally {
    await handle.close();
  }
}
