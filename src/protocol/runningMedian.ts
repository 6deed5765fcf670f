/** The median of the last values, so that one model's usual times are known without asking every miner. */
export class RunningMedian {
  readonly #values: number[] = [];
  readonly #most: number;
  #next = 0;
  #median: number | undefined;

  constructor(most = 63) {
    this.#most = most;
  }

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#most;
    this.#median = undefined;
  }

  /** Undefined before the first value. */
  get value(): number | undefined {
    this.#median ??= [...this.#values].sort((a, b) => a - b)[this.#values.length >> 1];
    return this.#median;
  }
}
