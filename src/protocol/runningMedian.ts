/** The median of the last values, so that one model's usual times are known without asking every miner. */
export class RunningMedian {
  /** In the order of their coming, as a ring. */
  readonly #ring: number[] = [];
  readonly #sorted: number[] = [];
  readonly #most: number;
  #next = 0;

  constructor(most = 63) {
    this.#most = most;
  }

  add(value: number): void {
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) this.#sorted.splice(this.#placeOf(oldest), 1);
    this.#sorted.splice(this.#placeOf(value), 0, value);
    this.#ring[this.#next] = value;
    this.#next = (this.#next + 1) % this.#most;
  }

  /** How many values are remembered. */
  get count(): number {
    return this.#sorted.length;
  }

  /** Undefined before the first value. */
  get value(): number | undefined {
    return this.quantile(0.5);
  }

  /** The value that such a share of all, from 0 to below 1, is under. */
  quantile(share: number): number | undefined {
    return this.#sorted[Math.floor(this.#sorted.length * share)];
  }

  /** Of the first value that is not below this one. */
  #placeOf(value: number): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? value) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
