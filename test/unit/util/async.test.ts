import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Backoff, sleep } from "../../../src/util/async.ts";
import { FakeClock } from "../../support/fakeClock.ts";

describe("sleep", () => {
  it("ends when its time has passed, not before", async () => {
    const clock = new FakeClock();
    let awake = false;
    const slept = sleep(100, undefined, clock).then(() => (awake = true));
    await clock.pass(99);
    expect(awake).toBe(false);
    await clock.pass(1);
    await slept;
    expect(awake).toBe(true);
  });

  it("ends with the signal's reason, and leaves no timer behind", async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const slept = sleep(100, stop.signal, clock);
    stop.abort(new Error("enough"));
    await expect(slept).rejects.toThrow("enough");
    expect(clock.waiting).toBe(0);
    await expect(sleep(100, stop.signal, clock)).rejects.toThrow("enough");
    expect(clock.waiting).toBe(0);
  });

  it("takes an abort after its end for nothing, and a clock that fires at once", async () => {
    const stop = new AbortController();
    const clock = { now: () => 0, after: (_: number, action: () => void) => (action(), () => {}) };
    await sleep(100, stop.signal, clock);
    stop.abort(new Error("late"));
  });
});

describe("backoff", () => {
  it("doubles up to its limit, each wait between half and the whole, and begins again", () => {
    const anyOptions = fc.record({
      firstMs: fc.integer({ min: 1, max: 1000 }),
      maxMs: fc.integer({ min: 1000, max: 100_000 }),
      draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(anyOptions, ({ firstMs, maxMs, draw }) => {
        const backoff = new Backoff({ firstMs, maxMs, random: () => draw });
        for (let tries = 0; tries < 60; tries += 1) {
          expect(backoff.tries).toBe(tries);
          const whole = Math.min(maxMs, firstMs * 2 ** tries);
          const wait = backoff.nextMs();
          expect(wait).toBeGreaterThanOrEqual(Math.floor(whole / 2));
          expect(wait).toBeLessThanOrEqual(whole);
        }
        backoff.reset();
        expect(backoff.nextMs()).toBeLessThanOrEqual(firstMs);
      }),
    );
  });
});
