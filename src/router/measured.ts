import { type Estimate, peak } from "../protocol/averages.ts";
import { CLOSED_CIRCUIT, type Circuit, type CircuitEvent, circuitOpen, nextCircuit } from "../protocol/circuit.ts";
import { counted, decayed, emptyTally, type Tally } from "../protocol/reputation.ts";
import { firstSlotLimit, nextSlotLimit, type SlotLimit } from "../protocol/slotLimit.ts";

/** A shorter prompt's time is mostly overhead: it may lower the time per token, never raise it. */
const TELLING_PROMPT_TOKENS = 32;
/** How much of a slower order the quickest decode time takes over, so that a lasting change becomes the new normal. */
const BASELINE_RISE = 0.05;

/** The times of one finished order. */
export interface OrderTimes {
  readonly ttftMs: number;
  readonly durationMs: number;
  readonly promptTokens: number;
  /** Of them, computed for this order and not remembered from another; undefined: all. */
  readonly freshTokens?: number;
  readonly outputTokens: number;
  /** How much longer a token took than alone, from 1, because of the orders beside it; undefined: 1. */
  readonly crowding?: number;
  /** From the order to its acknowledgement, where it was measured. */
  readonly rttMs?: number;
}

/** What a router itself measured of one miner, and the limit of orders at once that it learned. */
export class Measured {
  /** Milliseconds a prompt token until the first output token; undefined before the first answer. */
  prefillMsPerToken: Estimate | undefined;
  /** Milliseconds between output tokens, of an order alone. */
  decodeMsPerToken: Estimate | undefined;
  /** The same as it was, beside other orders. */
  msPerToken: number | undefined;
  ttftMs: number | undefined;
  durationMs: number | undefined;
  rttMs: number | undefined;
  /** Orders finished, and broken after their acknowledgement, since the router started. */
  finished = 0;
  broken = 0;
  #tally: Tally;
  #circuit: Circuit = CLOSED_CIRCUIT;
  #slots: SlotLimit;
  /** The decode time that orders are held against. */
  #baselineMs = Number.POSITIVE_INFINITY;
  #halvedAtMs = Number.NEGATIVE_INFINITY;

  constructor(slots: number, nowMs: number) {
    this.#slots = firstSlotLimit(slots);
    this.#tally = emptyTally(nowMs);
  }

  /** Orders given at once. */
  get limit(): number {
    return this.#slots.limit;
  }

  /** It said hello again, perhaps with other slots. */
  reconnected(slots: number, nowMs: number): void {
    const most = Math.max(1, slots);
    this.#slots = { ...this.#slots, most, limit: Math.min(most, this.#slots.limit) };
    this.#event("reconnected", nowMs);
  }

  given(nowMs: number): void {
    this.#event("given", nowMs);
  }

  done(order: OrderTimes, nowMs: number): void {
    this.finished += 1;
    this.#tally = counted(this.#tally, "finished", nowMs);
    this.#event("finished", nowMs);
    this.ttftMs = peak(this.ttftMs, order.ttftMs);
    this.durationMs = peak(this.durationMs, order.durationMs);
    if (order.rttMs !== undefined) this.rttMs = peak(this.rttMs, order.rttMs);
    this.#prefill(order, nowMs);
    if (this.#slowed(order, nowMs)) this.#tooMuch(nowMs);
    else this.#slots = nextSlotLimit(this.#slots, "smooth");
  }

  broke(nowMs: number): void {
    this.broken += 1;
    this.#tally = counted(this.#tally, "broken", nowMs);
    this.#event("broke", nowMs);
  }

  refused(nowMs: number): void {
    this.#event("refused", nowMs);
    this.#tooMuch(nowMs);
  }

  /** Nothing was learned of it, and if it was to probe the miner, another will. */
  unjudged(nowMs: number): void {
    this.#event("refused", nowMs);
  }

  circuitOpen(nowMs: number): boolean {
    return circuitOpen(this.#circuit, nowMs);
  }

  /** Until it may be probed; 0 while it may have orders. */
  restMs(nowMs: number): number {
    return this.#circuit.restMs > 0 ? Math.max(0, this.#circuit.restsUntilMs - nowMs) : 0;
  }

  /** Its orders' counts as they are worth now. */
  tally(nowMs: number): Tally {
    return decayed(this.#tally, nowMs);
  }

  #prefill({ ttftMs, promptTokens, freshTokens = promptTokens }: OrderTimes, nowMs: number): void {
    const value = Math.max(0, ttftMs - (this.rttMs ?? 0)) / Math.max(1, freshTokens);
    const known = this.prefillMsPerToken?.value;
    if (known !== undefined && freshTokens < TELLING_PROMPT_TOKENS && value > known) return;
    this.prefillMsPerToken = { value: peak(known, value), atMs: nowMs };
  }

  /** Takes in the order's decode time; whether it was twice the usual, for an order given after the last halving. */
  #slowed({ ttftMs, durationMs, outputTokens, crowding = 1 }: OrderTimes, nowMs: number): boolean {
    if (outputTokens < 2) return false;
    const value = (durationMs - ttftMs) / (outputTokens - 1);
    this.decodeMsPerToken = { value: peak(this.decodeMsPerToken?.value, value / crowding), atMs: nowMs };
    this.msPerToken = peak(this.msPerToken, value);
    const baselineMs = this.#baselineMs;
    this.#baselineMs = value < baselineMs ? value : baselineMs + (value - baselineMs) * BASELINE_RISE;
    return value > 2 * baselineMs && nowMs - durationMs >= this.#halvedAtMs;
  }

  #tooMuch(nowMs: number): void {
    this.#slots = nextSlotLimit(this.#slots, "tooMuch");
    this.#halvedAtMs = nowMs;
  }

  #event(event: CircuitEvent, nowMs: number): void {
    this.#circuit = nextCircuit(this.#circuit, event, nowMs);
  }
}
