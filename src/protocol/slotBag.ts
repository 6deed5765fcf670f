/** What can be drawn from: entries `0` to `size - 1`. */
export interface Slots<T> {
  readonly size: number;
  /** How many different items there are. */
  readonly holders: number;
  at(index: number): T | undefined;
}

/**
 * One entry per free slot of each miner, so that a draw meets miners in proportion to their free slots. Adding, taking
 * and drawing cost the same however many there are.
 */
export class SlotBag<T> implements Slots<T> {
  readonly #entries: T[] = [];
  readonly #positions = new Map<T, Set<number>>();

  get size(): number {
    return this.#entries.length;
  }

  get holders(): number {
    return this.#positions.size;
  }

  at(index: number): T | undefined {
    return this.#entries[index];
  }

  /** Free slots of this miner. */
  free(item: T): number {
    return this.#positions.get(item)?.size ?? 0;
  }

  /** A slot became free. */
  add(item: T): void {
    const positions = this.#positions.get(item) ?? new Set();
    this.#positions.set(item, positions);
    positions.add(this.#entries.length);
    this.#entries.push(item);
  }

  /** A slot is used; false if this miner has no free one. The last entry takes its place. */
  take(item: T): boolean {
    const positions = this.#positions.get(item);
    const [position] = positions ?? [];
    if (!positions || position === undefined) return false;
    positions.delete(position);
    if (positions.size === 0) this.#positions.delete(item);
    const last = this.#entries.pop() as T;
    const lastPosition = this.#entries.length;
    if (position === lastPosition) return true;
    this.#entries[position] = last;
    const moved = this.#positions.get(last);
    moved?.delete(lastPosition);
    moved?.add(position);
    return true;
  }

  /** Sets the free slots of a miner; 0 takes it out. */
  setFree(item: T, slots: number): void {
    while (this.free(item) < slots) this.add(item);
    while (this.free(item) > slots) this.take(item);
  }
}
