/** What a router itself measured of one miner, and the limit of orders at once that it learned. */
export class Measured {
  /** Milliseconds a prompt token until the first output token; undefined before the first answer. */
  prefillMsPerToken: number | undefined;
  /** Milliseconds between output tokens. */
  msPerToken: number | undefined;
  ttftMs: number | undefined;
  durationMs: number | undefined;
  rttMs: number | undefined;
  /** Orders finished, and broken after their acknowledgement. */
  finished = 0;
  broken = 0;
  readonly #most: number;
  #limit = 1;
  #smooth = 0;

  constructor(slots: number) {
    this.#most = Math.max(1, slots);
  }

  /** Orders given at once: from 1, one more after as many smooth ones as the limit, halved when it was too much. */
  get limit(): number {
    return this.#limit;
  }

  done(order: {
    readonly ttftMs: number;
    readonly durationMs: number;
    readonly promptTokens: number;
    readonly outputTokens: number;
  }): void {
    this.finished += 1;
    const decodeMs = order.outputTokens > 1 ? (order.durationMs - order.ttftMs) / (order.outputTokens - 1) : undefined;
    const slowed = decodeMs !== undefined && this.msPerToken !== undefined && decodeMs > 2 * this.msPerToken;
    this.ttftMs = peak(this.ttftMs, order.ttftMs);
    this.durationMs = peak(this.durationMs, order.durationMs);
    this.prefillMsPerToken = peak(this.prefillMsPerToken, order.ttftMs / Math.max(1, order.promptTokens));
    if (decodeMs !== undefined) this.msPerToken = peak(this.msPerToken, decodeMs);
    if (slowed) return this.refused();
    this.#smooth += 1;
    if (this.#smooth < this.#limit || this.#limit >= this.#most) return;
    this.#limit += 1;
    this.#smooth = 0;
  }

  refused(): void {
    this.#limit = Math.max(1, this.#limit >> 1);
    this.#smooth = 0;
  }
}

/** A moving average that follows a rise at once and a fall slowly, so that trouble is seen before it is averaged away. */
function peak(average: number | undefined, value: number): number {
  if (average === undefined || value > average) return value;
  return average + (value - average) * 0.3;
}
