/** The newest `capacity` samples; quantiles over those not older than a given age. */
export class RollingSamples {
  readonly #values: Float64Array;
  readonly #times: Float64Array;
  #next = 0;
  #filled = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
    this.#times = new Float64Array(capacity);
  }

  add(value: number, nowMs: number): void {
    this.#values[this.#next] = value;
    this.#times[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#values.length;
    this.#filled = Math.min(this.#filled + 1, this.#values.length);
  }

  /** One value per asked share (0.5 is the median), by nearest rank; all null without samples. */
  quantiles(shares: readonly number[], sinceMs: number): readonly (number | null)[] {
    const recent = this.#values.subarray(0, this.#filled).filter((_, i) => this.#times[i]! >= sinceMs);
    recent.sort();
    return shares.map(
      (share) => recent[Math.min(Math.max(Math.ceil(share * recent.length) - 1, 0), recent.length - 1)] ?? null,
    );
  }
}
