import { engineStopped } from "./generation.ts";

interface Waiter {
  readonly give: (slot: number) => void;
  readonly refuse: (error: unknown) => void;
}

/** A fixed number of slots, given to those who wait in the order in which they came. */
export class SlotQueue {
  readonly #free: number[];
  readonly #waiting: Waiter[] = [];
  readonly #taken = new Set<number>();
  #closed = false;

  constructor(slots: number) {
    this.#free = Array.from({ length: slots }, (_, slot) => slot);
  }

  /**
   * Resolves with a slot; `prefer` picks among several free ones. Rejects with the signal's reason, or with
   * `interrupted` once closed.
   */
  async take(signal: AbortSignal, prefer?: (free: readonly number[]) => number): Promise<number> {
    signal.throwIfAborted();
    if (this.#closed) throw engineStopped();
    if (this.#free.length > 0) {
      const wanted = prefer?.(this.#free) ?? this.#free[0];
      const index = Math.max(0, this.#free.indexOf(wanted ?? -1));
      const slot = this.#free.splice(index, 1)[0] ?? 0;
      this.#taken.add(slot);
      return slot;
    }
    return await this.#wait(signal);
  }

  /** Gives the slot back: to the first who waits, if any. */
  release(slot: number): void {
    if (!this.#taken.delete(slot)) return;
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#taken.add(slot);
      next.give(slot);
      return;
    }
    this.#free.push(slot);
  }

  /** Refuses those who wait and all who come. Slots that are taken may still be given back. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(engineStopped());
  }

  #wait(signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        give: (slot) => {
          signal.removeEventListener("abort", leave);
          resolve(slot);
        },
        refuse: (error) => {
          signal.removeEventListener("abort", leave);
          reject(error);
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
    });
  }
}
