import { RunningMedian } from "../protocol/runningMedian.ts";
import type { Hex } from "../util/types.ts";

/** First tokens that are remembered for each model, and how many of them make a quantile worth acting on. */
const SAMPLES = 256;
const LEAST_SAMPLES = 20;
/** Part of all orders that may be sent a second time. */
const BUDGET = 0.03;
/** What may be spent of the budget at once. */
const MOST_SAVED = 8;

/** Knows when a first token is late enough to ask a second miner, and keeps second orders within 3% of all. */
export class Hedging {
  readonly #ttftMs = new Map<Hex, RunningMedian>();
  #saved = 0;

  /** An order was sent. */
  ordered(): void {
    this.#saved = Math.min(MOST_SAVED, this.#saved + BUDGET);
  }

  /** A first token came so many milliseconds after its order. */
  firstToken(model: Hex, ttftMs: number): void {
    const known = this.#ttftMs.get(model) ?? new RunningMedian(SAMPLES);
    known.add(ttftMs);
    this.#ttftMs.set(model, known);
  }

  /** After how long a second miner should be asked: the 95th percentile; undefined when not enough is known or spent. */
  afterMs(model: Hex): number | undefined {
    const known = this.#ttftMs.get(model);
    if (this.#saved < 1 || known === undefined || known.count < LEAST_SAMPLES) return undefined;
    return known.quantile(0.95);
  }

  /** Takes one order from the budget; false when it is used up. */
  spend(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
