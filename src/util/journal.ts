import { type FileHandle, open } from "node:fs/promises";

/** Where a record stands in its file. */
export interface Place {
  readonly at: number;
  readonly bytes: number;
}

/**
 * A file of JSON lines that only grows. A record is on disk when `append` resolves; one that a crash cut short is dropped
 * when the file is opened again.
 */
export class Journal {
  readonly #handle: FileHandle;
  #end = 0;
  #written: Promise<void> = Promise.resolve();
  #nextSync: Promise<void> | undefined;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Opens or makes the file and shows what it holds; a line that is not JSON is shown as undefined. */
  static async open(file: string, onRecord: (record: unknown, place: Place) => void): Promise<Journal> {
    const journal = new Journal(await open(file, "a+", 0o600));
    try {
      await journal.#load(onRecord);
      return journal;
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  get empty(): boolean {
    return this.#end === 0;
  }

  /** Records that come while a sync runs share the next one. */
  async append(record: object): Promise<Place> {
    const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
    const place = { at: this.#end, bytes: bytes.length };
    this.#end += bytes.length;
    this.#written = this.#written.then(() => this.#handle.appendFile(bytes));
    await this.#written;
    this.#nextSync ??= this.#written.then(() => {
      this.#nextSync = undefined;
      return this.#handle.datasync();
    });
    await this.#nextSync;
    return place;
  }

  async read({ at, bytes }: Place): Promise<unknown> {
    const { buffer } = await this.#handle.read(Buffer.alloc(bytes), 0, bytes, at);
    return JSON.parse(buffer.toString("utf8")) as unknown;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #load(onRecord: (record: unknown, place: Place) => void): Promise<void> {
    const bytes = await this.#handle.readFile();
    this.#end = bytes.lastIndexOf(0x0a) + 1;
    if (this.#end < bytes.length) await this.#handle.truncate(this.#end);
    for (let at = 0; at < this.#end; ) {
      const end = bytes.indexOf(0x0a, at) + 1;
      onRecord(parse(bytes.toString("utf8", at, end)), { at, bytes: end - at });
      at = end;
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
