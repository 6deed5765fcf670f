import type { Clock } from "../../src/util/types.ts";

interface Event {
  readonly atMs: number;
  readonly order: number;
  action: (() => void) | undefined;
}

/** A clock that jumps from event to event; a binary heap, so that many miners cost little. */
export class EventQueue implements Clock {
  readonly #heap: Event[] = [];
  #now = 0;
  #count = 0;

  now(): number {
    return this.#now;
  }

  after(delayMs: number, action: () => void): () => void {
    const event: Event = { atMs: this.#now + Math.max(0, delayMs), order: this.#count++, action };
    let at = this.#heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
    return () => {
      event.action = undefined;
    };
  }

  /** Until nothing is left to happen. */
  run(): void {
    for (let next = this.#pop(); next !== undefined; next = this.#pop()) {
      this.#now = next.atMs;
      next.action?.();
    }
  }

  #pop(): Event | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || this.#heap.length === 0) return first;
    this.#heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#heap.length && this.#before(child, least)) least = child;
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  #before(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a] as Event, this.#heap[b] as Event];
    return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    const one = this.#heap[a] as Event;
    this.#heap[a] = this.#heap[b] as Event;
    this.#heap[b] = one;
  }
}
