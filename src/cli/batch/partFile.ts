import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { CortensorError } from "../../errors/cortensorError.ts";
import { type DoneLine, doneSchema, type Tally } from "./doneLine.ts";

const headSchema = z.looseObject({
  schema: z.literal("cortensor.batch-part/1"),
  input: z.string(),
  options: z.string(),
});
/** What a batch is: the same one goes on, another is refused. Both are SHA-256. */
export interface BatchIdentity {
  readonly input: string;
  readonly options: string;
}

/** The finished lines of a batch, on disk beside its result until that is whole. */
export class PartFile {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #places = new Map<number, { readonly at: number; readonly bytes: number }>();
  readonly #tallies = new Map<number, Tally>();
  #end = 0;
  #unsynced: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /** Opens what an earlier run left, or begins. `batch-changed` when the file belongs to another batch. */
  static async open(file: string, identity: BatchIdentity): Promise<PartFile> {
    const part = new PartFile(file, await open(file, "a+", 0o600));
    try {
      await part.#load(identity);
      return part;
    } catch (error) {
      await part.close();
      throw error;
    }
  }

  /** The finished lines, by number. */
  get tallies(): ReadonlyMap<number, Tally> {
    return this.#tallies;
  }

  /** Resolves when the line is on disk. Lines that come while one sync runs share the next. */
  async add(done: DoneLine): Promise<void> {
    await this.#append(done);
    this.#note(done);
  }

  /** Writes OUT in the order of `lines`, whole or not at all, and removes this file. */
  async finish(output: string, lines: readonly number[]): Promise<void> {
    const whole = `${output}.whole`;
    const out = await open(whole, "w", 0o644);
    try {
      for (const line of lines) {
        const { at, bytes } = this.#placeOf(line);
        const { buffer } = await this.#handle.read(Buffer.alloc(bytes), 0, bytes, at);
        const { output: record } = JSON.parse(buffer.toString("utf8")) as DoneLine;
        await out.appendFile(`${JSON.stringify(record)}\n`);
      }
      await out.sync();
    } finally {
      await out.close();
    }
    await rename(whole, output);
    await syncFolder(dirname(output));
    await this.close();
    await rm(this.#file, { force: true });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #load(identity: BatchIdentity): Promise<void> {
    const bytes = await this.#handle.readFile();
    const whole = bytes.lastIndexOf(0x0a) + 1;
    // A line that the crash cut short was not finished for anybody.
    if (whole < bytes.length) await this.#handle.truncate(whole);
    if (whole === 0) return await this.#append({ schema: "cortensor.batch-part/1", ...identity });
    let at = 0;
    while (at < whole) {
      const end = bytes.indexOf(0x0a, at) + 1;
      const record = parse(bytes.toString("utf8", at, end));
      if (at === 0) this.#check(record, identity);
      else {
        const done = doneSchema.safeParse(record);
        if (!done.success) throw damaged(this.#file);
        this.#end = end;
        this.#places.set(done.data.line, { at, bytes: end - at });
        this.#note(done.data);
      }
      at = end;
    }
    this.#end = whole;
  }

  #check(record: unknown, { input, options }: BatchIdentity): void {
    const head = headSchema.safeParse(record);
    if (!head.success) throw damaged(this.#file);
    if (head.data.input === input && head.data.options === options) return;
    const what = head.data.input === input ? "other options" : "another batch file, or an older state of this one";
    throw new CortensorError("batch-changed", `${this.#file} belongs to ${what}`, {
      why: [["why", "its answers would not fit the lines that are asked now"]],
      try: `mv ${this.#file} ${this.#file}.old`,
      data: { file: this.#file },
    });
  }

  async #append(record: object): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
    const at = this.#end;
    this.#end += bytes.length;
    if ("line" in record && typeof record.line === "number") this.#places.set(record.line, { at, bytes: bytes.length });
    const written = this.#unsynced.then(() => this.#handle.appendFile(bytes));
    this.#unsynced = written;
    await written;
    this.#next ??= this.#unsynced.then(() => {
      this.#next = undefined;
      return this.#handle.datasync();
    });
    await this.#next;
  }

  #note(done: DoneLine): void {
    const { line, failed, prompt_tokens, output_tokens, cost_cor, miner } = done;
    // The outputs of a long batch stay on disk.
    this.#tallies.set(line, { line, failed, prompt_tokens, output_tokens, cost_cor, miner });
  }

  #placeOf(line: number): { readonly at: number; readonly bytes: number } {
    const place = this.#places.get(line);
    if (place === undefined) throw new Error(`line ${line} is not finished`);
    return place;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function damaged(file: string): CortensorError {
  return new CortensorError("batch-changed", `${file} is not what a batch left there`, {
    try: `mv ${file} ${file}.old`,
    data: { file },
  });
}

/** After a rename, so that a power cut cannot undo it. Windows cannot open a folder, and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
