/** An unbounded queue with one reader: `for await` over it until `end` or `fail`. */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  push(item: T): void {
    if (this.#ended) return;
    this.#items.push(item);
    this.#wake?.();
  }

  /** The reader gets what is queued, then the end. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The reader gets what is queued, then the error. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#error = error;
    this.end();
  }

  /** The next item; undefined at the end, or `"late"` when nothing came within the time. */
  async take(withinMs?: number): Promise<T | undefined | "late"> {
    for (;;) {
      if (this.#items.length > 0) return this.#items.shift();
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return undefined;
      if ((await this.#wait(withinMs)) === "late" && this.#items.length === 0 && !this.#ended) return "late";
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = await this.take();
      if (item === undefined || item === "late") return;
      yield item;
    }
  }

  #wait(withinMs: number | undefined): Promise<"woken" | "late"> {
    return new Promise((resolve) => {
      const timer = withinMs === undefined ? undefined : setTimeout(() => settle("late"), withinMs);
      const settle = (how: "woken" | "late"): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(how);
      };
      this.#wake = () => settle("woken");
    });
  }
}
