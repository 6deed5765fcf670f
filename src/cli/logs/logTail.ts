import { type FileHandle, open } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

/** A log file read to its end again and again, across the moments at which it becomes `FILE.1` and begins anew. */
export class LogTail {
  readonly #file: string;
  #inode: number | undefined;
  #at = 0;
  /** The beginning of a line whose end is not written yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
  }

  /** All whole lines that were not given before; the first time from the beginning of `FILE.1`. */
  async *lines(): AsyncGenerator<string> {
    const current = await openExisting(this.#file);
    if (current === undefined) return;
    try {
      const { ino, size } = await current.stat();
      if (ino !== this.#inode) {
        yield* this.#older(ino);
        this.#begin(ino);
      } else if (size < this.#at) this.#begin(ino);
      yield* this.#onward(current);
    } finally {
      await current.close();
    }
  }

  /** What is left of the file before the one with this inode. */
  async *#older(current: number): AsyncGenerator<string> {
    const older = await openExisting(`${this.#file}.1`);
    if (older === undefined) return;
    try {
      const { ino } = await older.stat();
      // Renamed in between; it was opened under its other name and is read next.
      if (ino === current) return;
      if (ino !== this.#inode) this.#begin(ino);
      yield* this.#onward(older);
    } finally {
      await older.close();
    }
  }

  #begin(inode: number): void {
    this.#inode = inode;
    this.#at = 0;
    this.#rest = Buffer.alloc(0);
  }

  async *#onward(handle: FileHandle): AsyncGenerator<string> {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, this.#at);
      if (bytesRead === 0) return;
      this.#at += bytesRead;
      const bytes = Buffer.concat([this.#rest, chunk.subarray(0, bytesRead)]);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      this.#rest = bytes.subarray(end);
      // Cut at line ends, so that no character is cut.
      if (end > 0) yield* bytes.toString("utf8", 0, end - 1).split("\n");
    }
  }
}

async function openExisting(file: string): Promise<FileHandle | undefined> {
  return await open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
}
