import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { counted, decayed, emptyTally, isNewcomer, isTrusted, reputation } from "../../../src/protocol/reputation.ts";

const WEEK_MS = 7 * 24 * 3600 * 1000;

describe("reputation", () => {
  it("starts at a half and follows the share of orders finished", () => {
    expect(reputation({ finished: 0, broken: 0 })).toBe(0.5);
    expect(reputation({ finished: 98, broken: 0 })).toBe(0.99);
    expect(reputation({ finished: 8, broken: 90 })).toBe(0.09);
  });

  it("lets the first failed audit pass, takes half for the second and all at conviction", () => {
    const standing = { finished: 98, broken: 0 };
    expect(reputation({ ...standing, cusum: 6.2 })).toBe(0.99);
    expect(reputation({ ...standing, cusum: 12.4 })).toBeCloseTo(0.99 * 0.496, 3);
    expect(reputation({ ...standing, cusum: 18.4 })).toBeCloseTo(0, 9);
  });

  it("trusts after ten orders, from three quarters upward", () => {
    expect(isNewcomer({ finished: 9, broken: 0 })).toBe(true);
    expect(isTrusted({ finished: 9, broken: 0 })).toBe(false);
    expect(isTrusted({ finished: 10, broken: 0 })).toBe(true);
    expect(isTrusted({ finished: 8, broken: 2 })).toBe(true);
    expect(isTrusted({ finished: 7, broken: 3 })).toBe(false);
  });
});

describe("a tally", () => {
  it("is worth half after a week", () => {
    expect(decayed({ finished: 8, broken: 4, atMs: 0 }, WEEK_MS)).toEqual({ finished: 4, broken: 2, atMs: WEEK_MS });
  });

  it("loses nothing when the clock steps back", () => {
    expect(decayed({ finished: 8, broken: 4, atMs: 100 }, 0)).toMatchObject({ finished: 8, broken: 4 });
  });

  it("does not depend on when it was looked at", () => {
    const step = fc.record({ afterMs: fc.nat(WEEK_MS), what: fc.constantFrom("finished" as const, "broken" as const) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let [looked, plain, atMs] = [emptyTally(0), emptyTally(0), 0];
        for (const { afterMs, what } of steps) {
          looked = decayed(looked, atMs + afterMs / 2);
          atMs += afterMs;
          looked = counted(looked, what, atMs);
          plain = counted(plain, what, atMs);
        }
        expect(looked.finished).toBeCloseTo(plain.finished, 9);
        expect(looked.broken).toBeCloseTo(plain.broken, 9);
        expect(reputation(looked)).toBeGreaterThan(0);
        expect(reputation(looked)).toBeLessThan(1);
      }),
    );
  });
});
