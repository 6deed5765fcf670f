import type { Clock } from "../util/types.ts";

/** Waits for a slot of any model. */
const ANY = "";

/** Those that wait for a free slot, in the order of their coming. */
export class SlotWaiters {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return [...this.#waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Resolves when woken, after the time, or when the signal aborts. */
  async wait(withinMs: number, { signal, model = ANY }: { signal: AbortSignal; model?: string }): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const cancel = this.#clock.after(withinMs, wake);
    const line = this.#waiting.get(model) ?? new Set();
    this.#waiting.set(model, line.add(wake));
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    cancel();
    line.delete(wake);
    if (line.size === 0 && this.#waiting.get(model) === line) this.#waiting.delete(model);
    signal.removeEventListener("abort", wake);
  }

  /** Wakes as many as there are slots, so that a freed slot does not set a long line running; and all that wait for any. */
  wake({ models, slots }: { models: readonly string[]; slots: number }): void {
    for (const wake of this.#waiting.get(ANY) ?? []) wake();
    let left = slots;
    for (const model of models) {
      const line = this.#waiting.get(model) ?? new Set();
      for (const wake of line) {
        if (left <= 0) return;
        left -= 1;
        line.delete(wake);
        wake();
      }
    }
  }

  wakeAll(): void {
    for (const line of this.#waiting.values()) for (const wake of line) wake();
  }
}
