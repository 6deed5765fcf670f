import { open, rename, rm } from "node:fs/promises";
import { z } from "zod";
import { CortensorError } from "../../errors/cortensorError.ts";
import { Journal, type Place } from "../../util/journal.ts";
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
  readonly #identity: BatchIdentity;
  readonly #places = new Map<number, Place>();
  readonly #tallies = new Map<number, Tally>();
  #journal!: Journal;

  private constructor(file: string, identity: BatchIdentity) {
    this.#file = file;
    this.#identity = identity;
  }

  /** Opens what an earlier run left, or begins. `batch-changed` when the file belongs to another batch. */
  static async open(file: string, identity: BatchIdentity): Promise<PartFile> {
    const part = new PartFile(file, identity);
    part.#journal = await Journal.open(file, (record, place) => part.#load(record, place));
    if (part.#journal.empty) await part.#journal.append({ schema: "cortensor.batch-part/1", ...identity });
    return part;
  }

  /** The finished lines, by number. */
  get tallies(): ReadonlyMap<number, Tally> {
    return this.#tallies;
  }

  /** Resolves when the line is on disk. */
  async add(done: DoneLine): Promise<void> {
    this.#note(done, await this.#journal.append(done));
  }

  /** Writes OUT in the order of `lines`, whole or not at all, and removes this file. */
  async finish(output: string, lines: readonly number[]): Promise<void> {
    const whole = `${output}.whole`;
    const out = await open(whole, "w", 0o644);
    try {
      for (const line of lines) {
        const place = this.#places.get(line);
        if (place === undefined) throw new Error(`line ${line} is not finished`);
        const { output: record } = (await this.#journal.read(place)) as DoneLine;
        await out.appendFile(`${JSON.stringify(record)}\n`);
      }
      await out.sync();
    } finally {
      await out.close();
    }
    await rename(whole, output);
    await this.close();
    await rm(this.#file, { force: true });
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  #load(record: unknown, place: Place): void {
    if (place.at === 0) return this.#check(record);
    const done = doneSchema.safeParse(record);
    if (!done.success) throw changed(this.#file, "is not what a batch left there");
    this.#note(done.data, place);
  }

  #check(record: unknown): void {
    const head = headSchema.safeParse(record);
    if (!head.success) throw changed(this.#file, "is not what a batch left there");
    const { input, options } = head.data;
    if (input !== this.#identity.input)
      throw changed(this.#file, "belongs to another batch file, or an older state of this one");
    if (options !== this.#identity.options) throw changed(this.#file, "belongs to other options");
  }

  #note(done: DoneLine, place: Place): void {
    const { line, failed, prompt_tokens, output_tokens, cost_cor, miner } = done;
    this.#places.set(line, place);
    // The outputs of a long batch stay on disk.
    this.#tallies.set(line, { line, failed, prompt_tokens, output_tokens, cost_cor, miner });
  }
}

function changed(file: string, said: string): CortensorError {
  return new CortensorError("batch-changed", `${file} ${said}`, {
    why: [["why", "its answers would not fit the lines that are asked now"]],
    try: `mv ${file} ${file}.old`,
    data: { file },
  });
}
