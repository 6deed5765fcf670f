/** Counts per second over the last `seconds`, in memory that does not grow. Times are milliseconds since 1970. */
export class RollingCounter {
  readonly #counts: Float64Array;
  #newest = Number.NEGATIVE_INFINITY;

  constructor(seconds: number) {
    this.#counts = new Float64Array(seconds);
  }

  add(amount: number, nowMs: number): void {
    const second = this.#advance(nowMs);
    this.#counts[second % this.#counts.length]! += amount;
  }

  /** The sum of `count` whole-second cells of which the newest is `ago` cells back; 0 is the running second. */
  sum(count: number, nowMs: number, ago = 0): number {
    const newest = this.#advance(nowMs) - ago;
    let total = 0;
    for (let back = 0; back < count && back + ago < this.#counts.length; back += 1) {
      const second = newest - back;
      if (second >= 0) total += this.#counts[second % this.#counts.length]!;
    }
    return total;
  }

  /** Empties the cells that have become new; a clock set back counts into the newest second. */
  #advance(nowMs: number): number {
    const second = Math.max(Math.floor(nowMs / 1000), 0);
    if (second <= this.#newest) return this.#newest;
    const stale = Math.min(second - this.#newest, this.#counts.length);
    for (let i = 0; i < stale; i += 1) this.#counts[(second - i) % this.#counts.length] = 0;
    this.#newest = second;
    return second;
  }
}
