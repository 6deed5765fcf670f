/** What can be drawn from: entries `0` to `size - 1`. */
export interface Slots<T> {
  readonly size: number;
  /** How many different items there are. */
  readonly holders: number;
  at(index: number): T | undefined;
}

/** An item and where its entries are. */
interface Holder<T> {
  readonly item: T;
  readonly positions: number[];
}

/**
 * One entry per free slot of each miner, so that a draw meets miners in proportion to their free slots. Adding, taking
 * and drawing cost the same however many there are.
 */
export class SlotBag<T> implements Slots<T> {
  readonly #entries: Holder<T>[] = [];
  /** Of each entry, which of its holder's positions it is; so that no list is searched. */
  readonly #places: number[] = [];
  readonly #holders = new Map<T, Holder<T>>();

  get size(): number {
    return this.#entries.length;
  }

  get holders(): number {
    return this.#holders.size;
  }

  at(index: number): T | undefined {
    return this.#entries[index]?.item;
  }

  /** Free slots of this miner. */
  free(item: T): number {
    return this.#holders.get(item)?.positions.length ?? 0;
  }

  /** A slot became free. */
  add(item: T): void {
    const holder = this.#holders.get(item) ?? { item, positions: [] };
    if (holder.positions.length === 0) this.#holders.set(item, holder);
    this.#places.push(holder.positions.length);
    holder.positions.push(this.#entries.length);
    this.#entries.push(holder);
  }

  /** A slot is used; false if this miner has no free one. The last entry takes its place. */
  take(item: T): boolean {
    const holder = this.#holders.get(item);
    const position = holder?.positions.pop();
    if (holder === undefined || position === undefined) return false;
    if (holder.positions.length === 0) this.#holders.delete(item);
    const last = this.#entries.pop();
    const place = this.#places.pop();
    if (last === undefined || place === undefined || position === this.#entries.length) return true;
    this.#entries[position] = last;
    this.#places[position] = place;
    last.positions[place] = position;
    return true;
  }

  /** Sets the free slots of a miner; 0 takes it out. */
  setFree(item: T, slots: number): void {
    let free = this.free(item);
    for (; free < slots; free += 1) this.add(item);
    for (; free > slots; free -= 1) this.take(item);
  }
}
