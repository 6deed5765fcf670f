import type { Clock } from "../../util/types.ts";

/** The answers that run now, so that a stop can wait for them. */
export class Running {
  readonly #answers = new Set<symbol>();
  #wake = (): void => {};
  /** Requests that have no token yet. */
  waiting = 0;

  /** Runs `work` as one answer. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const mark = Symbol("answer");
    this.#answers.add(mark);
    try {
      return await work();
    } finally {
      this.#answers.delete(mark);
      if (this.#answers.size === 0) this.#wake();
    }
  }

  /** Resolves when none runs, or after the time. */
  async idle(withinMs: number, clock: Clock): Promise<void> {
    if (this.#answers.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(withinMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
