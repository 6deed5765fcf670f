import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blend, expected, peak } from "../../../src/protocol/averages.ts";
import { queueWaitMs } from "../../../src/protocol/queueWait.ts";
import { RunningMedian } from "../../../src/protocol/runningMedian.ts";

describe("averages", () => {
  it("follow a rise at once and a fall slowly where trouble counts", () => {
    expect(peak(undefined, 10)).toBe(10);
    expect(peak(10, 100)).toBe(100);
    expect(peak(100, 10)).toBe(73);
    expect(blend(undefined, 10)).toBe(10);
    expect(blend(10, 20)).toBe(12);
  });

  it("forget a slow time as it ages, never a quick one", () => {
    const slow = { value: 500, atMs: 0 };
    expect(expected(slow, 50, 0)).toBe(500);
    expect(expected(slow, 50, 60_000)).toBe(275);
    expect(expected({ value: 20, atMs: 0 }, 50, 60_000)).toBe(20);
    expect(expected(slow, undefined, 60_000)).toBe(500);
    expect(expected(undefined, 50, 0)).toBeUndefined();
  });
});

describe("RunningMedian", () => {
  it("is the middle of the last values", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 40 }), (values) => {
        const median = new RunningMedian(7);
        for (const value of values) median.add(value);
        const last = values.slice(-7).sort((a, b) => a - b);
        expect(median.value).toBe(last[last.length >> 1]);
      }),
    );
  });
});

describe("the wait for a slot", () => {
  const miner = { slots: 1, durationMs: 10_000, restMs: 0 };

  it("is half an answer for the first in line, and a whole one more for each that waits", () => {
    expect(queueWaitMs([miner], 0)).toBe(5000);
    expect(queueWaitMs([miner], 3)).toBe(35_000);
    expect(queueWaitMs([miner, { ...miner, slots: 3 }], 0)).toBe(1250);
  });

  it("lasts until the first miner is back when all rest", () => {
    expect(
      queueWaitMs(
        [
          { ...miner, restMs: 7000 },
          { ...miner, restMs: 3000 },
        ],
        0,
      ),
    ).toBe(3000);
    expect(queueWaitMs([], 0)).toBe(Number.POSITIVE_INFINITY);
  });
});
