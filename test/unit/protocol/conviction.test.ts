import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isConvicted, suspicion } from "../../../src/protocol/conviction.ts";
import type { Verdict } from "../../../src/protocol/verdict.ts";

const after = (verdicts: readonly Verdict[], from = 0): number => verdicts.reduce(suspicion, from);
const someVerdicts = fc.array(fc.constantFrom<Verdict>("pass", "fail", "inconclusive"), { maxLength: 60 });

describe("suspicion", () => {
  it("convicts at three fails close together, never at one or two", () => {
    expect(isConvicted(after(["fail", "fail", "fail"]))).toBe(true);
    expect(isConvicted(after(["fail", "pass", "fail", "pass", "fail"]))).toBe(true);
    expect(isConvicted(after(["fail", "fail"]))).toBe(false);
    const far = Array.from({ length: 100 }, (): Verdict => "pass");
    expect(isConvicted(after(["fail", ...far, "fail", ...far, "fail"]))).toBe(false);
  });

  it("is never below 0, so that good conduct banks no credit", () => {
    fc.assert(
      fc.property(someVerdicts, fc.nat(1000), (verdicts, passes) => {
        const good = after(Array.from({ length: passes }, (): Verdict => "pass"));
        expect(good).toBe(0);
        expect(after(verdicts, good)).toBe(after(verdicts));
        expect(after(verdicts)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("is not moved by tasks that were too short", () => {
    fc.assert(
      fc.property(someVerdicts, (verdicts) => {
        expect(after(verdicts.filter((verdict) => verdict !== "inconclusive"))).toBe(after(verdicts));
      }),
    );
  });
});

/** Mulberry32: the same miners in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("simulated miners", () => {
  /** Audits until conviction of the middle one of 2001 miners, of whose tasks a share fails. */
  function medianAudits(share: number): number {
    const random = seeded(share * 1000);
    const counts = Array.from({ length: 2001 }, () => {
      let audits = 0;
      for (let nats = 0; !isConvicted(nats); audits += 1) nats = suspicion(nats, random() < share ? "fail" : "pass");
      return audits;
    });
    return counts.toSorted((a, b) => a - b)[1000] ?? 0;
  }

  it.each([
    [1, 3, 3],
    [0.5, 5, 7],
    [0.2, 15, 19],
    [0.05, 62, 82],
  ])("who cheat in %d of their tasks are convicted after %d to %d audits, in the median", (share, least, most) => {
    const median = medianAudits(share);
    expect(median).toBeGreaterThanOrEqual(least);
    expect(median).toBeLessThanOrEqual(most);
  });

  it("who are honest are not convicted in a million audits, though one task in ten thousand fails", () => {
    const random = seeded(1);
    let highest = 0;
    let nats = 0;
    let fails = 0;
    for (let audit = 0; audit < 1e6; audit += 1) {
      const verdict = random() < 1e-4 ? "fail" : "pass";
      if (verdict === "fail") fails += 1;
      nats = suspicion(nats, verdict);
      highest = Math.max(highest, nats);
    }
    expect(fails).toBeGreaterThan(50);
    expect(isConvicted(highest)).toBe(false);
  });
});
