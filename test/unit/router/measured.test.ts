import { describe, expect, it } from "vitest";
import { Measured } from "../../../src/router/measured.ts";

/** An order whose tokens come every `msPerToken`. */
const order = (msPerToken: number) => ({
  ttftMs: 500,
  durationMs: 500 + 100 * msPerToken,
  promptTokens: 100,
  outputTokens: 101,
});

function grown(limit: number): Measured {
  const measured = new Measured(limit, 0);
  while (measured.limit < limit) measured.done(order(10), 0);
  return measured;
}

describe("Measured", () => {
  it("halves the slots when a token takes twice as long, once for orders that ran at the same time", () => {
    const measured = grown(8);
    measured.done(order(24), 10_000);
    expect(measured.limit).toBe(4);
    measured.done(order(24), 10_100);
    expect(measured.limit).toBe(4);
    measured.done(order(24), 20_000);
    expect(measured.limit).toBe(2);
  });

  it("holds orders against the quickest times, so that a slow creep is seen as well", () => {
    const measured = grown(8);
    for (const msPerToken of [14, 18]) measured.done(order(msPerToken), 10_000);
    expect(measured.limit).toBe(8);
    measured.done(order(24), 20_000);
    expect(measured.limit).toBe(4);
  });

  it("takes a lasting change for the new normal", () => {
    const measured = grown(8);
    for (let n = 1; n < 100; n += 1) measured.done(order(30), n * 10_000);
    expect(measured.limit).toBe(8);
  });

  it("halves the slots on a refusal, down to one", () => {
    const measured = grown(4);
    const limits = [0, 0, 0].map(() => (measured.refused(0), measured.limit));
    expect(limits).toEqual([2, 1, 1]);
  });

  it("measures prefill by the tokens that were computed, and takes no short prompt's overhead for it", () => {
    const measured = new Measured(4, 0);
    measured.done({ ...order(10), freshTokens: 50 }, 0);
    expect(measured.prefillMsPerToken?.value).toBe(10);
    measured.done({ ...order(10), promptTokens: 5 }, 0);
    expect(measured.prefillMsPerToken?.value).toBe(10);
    measured.done({ ...order(10), promptTokens: 50, ttftMs: 1000, rttMs: 100 }, 0);
    expect(measured.prefillMsPerToken?.value).toBe(18);
  });

  it("follows the announced slots when the miner comes back with fewer", () => {
    const measured = grown(8);
    measured.reconnected(2, 0);
    expect(measured.limit).toBe(2);
  });
});
