import type { Clock } from "../util/types.ts";

/** Those that wait for a free slot. */
export class SlotWaiters {
  readonly #waiting = new Set<() => void>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** Resolves when woken, after the time, or when the signal aborts. */
  async wait(withinMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const cancel = this.#clock.after(withinMs, wake);
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    cancel();
    this.#waiting.delete(wake);
    signal.removeEventListener("abort", wake);
  }

  wakeAll(): void {
    if (this.#waiting.size === 0) return;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
