import { rm } from "node:fs/promises";
import { Journal, type Place } from "../../../util/journal.ts";
import { type Outcome, outcomeSchema } from "./outcome.ts";

/** The finished lines of one batch, on disk before they count. */
export class Outcomes {
  readonly #file: string;
  readonly #places = new Map<number, Place & { readonly ok: boolean }>();
  #journal!: Journal;
  #completed = 0;
  #closed = false;

  private constructor(file: string) {
    this.#file = file;
  }

  static async open(file: string): Promise<Outcomes> {
    const outcomes = new Outcomes(file);
    outcomes.#journal = await Journal.open(file, (record, place) => {
      const parsed = outcomeSchema.safeParse(record);
      if (parsed.success) outcomes.#note(parsed.data, place);
    });
    return outcomes;
  }

  has(line: number): boolean {
    return this.#places.has(line);
  }

  get counts(): { readonly completed: number; readonly failed: number } {
    return { completed: this.#completed, failed: this.#places.size - this.#completed };
  }

  async add(outcome: Outcome): Promise<void> {
    // After a stop somebody else may have the file already.
    if (this.#closed) return;
    this.#note(outcome, await this.#journal.append(outcome));
  }

  /** The lines of the output file, or of the error file, in the order of the input. */
  async *lines(ok: boolean): AsyncGenerator<Uint8Array> {
    const places = [...this.#places].filter(([, place]) => place.ok === ok).toSorted(([a], [b]) => a - b);
    for (const [, place] of places) {
      const { output } = outcomeSchema.parse(await this.#journal.read(place));
      yield Buffer.from(`${JSON.stringify(output)}\n`);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#journal.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#file, { force: true });
  }

  #note({ line, ok }: Outcome, place: Place): void {
    if (ok && !this.#places.has(line)) this.#completed += 1;
    this.#places.set(line, { ...place, ok });
  }
}
