import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { highestLimits, honestLimits } from "../../../src/protocol/honestLimits.ts";
import { limitNats, thresholdCardSchema } from "../../../src/protocol/thresholdCard.ts";
import { seededRandom } from "../../../src/util/random.ts";

/** Margins of an honest machine: mostly none, now and then a small one. */
function noise(tokens: number, { rate, most }: { rate: number; most: number }): number[] {
  const random = seededRandom(`${tokens} ${rate}`);
  return Array.from({ length: tokens }, () => (random() < rate ? random() * most : 0));
}

const limitsOf = (margins: readonly number[]) => honestLimits(margins, seededRandom("limits"));
const at = (limits: ReturnType<typeof limitsOf>, tokens: number) =>
  limitNats({ temperature: 1, cuts: false, limits }, tokens) ?? Number.NaN;

describe("the limits of honest tasks", () => {
  it("fail at most 1 of 10,000 tasks of the same machine, of any length", () => {
    const limits = limitsOf(noise(5000, { rate: 0.01, most: 0.1 }));
    const later = noise(2_000_000, { rate: 0.01, most: 0.1 });
    for (const tokens of [16, 20, 31, 64, 100, 300]) {
      const tasks = Math.floor(later.length / tokens);
      let failed = 0;
      for (let task = 0; task < tasks; task += 1) {
        const sum = later.slice(task * tokens, (task + 1) * tokens).reduce((total, margin) => total + margin, 0);
        if (sum / tokens > at(limits, tokens)) failed += 1;
      }
      expect(failed / tasks).toBeLessThanOrEqual(1e-4);
    }
  });

  it("hold where nothing was seen: what is not known counts as rare and large", () => {
    const little = limitsOf(noise(200, { rate: 0, most: 0 }));
    const much = limitsOf(noise(100_000, { rate: 0, most: 0 }));
    expect(at(much, 16)).toBeGreaterThan(0);
    expect(at(much, 64)).toBeLessThan(at(little, 64));
  });

  it("are wider where larger margins were seen", () => {
    const small = limitsOf(noise(5000, { rate: 0.01, most: 0.1 }));
    const large = limitsOf(noise(5000, { rate: 0.01, most: 2 }));
    expect(at(large, 16)).toBeGreaterThan(at(small, 16));
  });

  it("never rise with the length, and make a card, whatever was measured", () => {
    const some = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 4, noNaN: true })), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(some, some, (one, other) => {
        const first = limitsOf(one);
        const limits = highestLimits([first, limitsOf(other)]);
        for (const [index, { marginNats }] of limits.entries())
          expect(marginNats).toBeLessThanOrEqual(limits[index - 1]?.marginNats ?? 4);
        expect(at(limits, 16)).toBeGreaterThanOrEqual(at(first, 16));
        const card = { version: 1, modelId: `0x${"ab".repeat(32)}`, bands: [{ temperature: 1, cuts: false, limits }] };
        expect(thresholdCardSchema.safeParse(card).success).toBe(true);
      }),
      { numRuns: 4 },
    );
  });

  it("are the same each time", () => {
    const margins = noise(1000, { rate: 0.01, most: 0.1 });
    expect(limitsOf(margins)).toEqual(limitsOf(margins));
  });
});
