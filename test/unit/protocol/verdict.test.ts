import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandOf, type ThresholdBand, thresholdCardSchema } from "../../../src/protocol/thresholdCard.ts";
import { judge, type Waiting } from "../../../src/protocol/verdict.ts";

const BAND: ThresholdBand = {
  temperature: 2,
  cuts: false,
  limits: [
    { tokens: 16, marginNats: 0.1 },
    { tokens: 128, marginNats: 0.02 },
  ],
};
const task = (tokens: number, meanMarginNats: number): Waiting => ({ tokens, meanMarginNats });
const someTask = fc.record({ tokens: fc.nat(300), meanMarginNats: fc.double({ min: 0, max: 4, noNaN: true }) });

describe("the verdict on a task", () => {
  it("is by the limit for its length", () => {
    expect(judge(task(16, 0.1), BAND).verdict).toBe("pass");
    expect(judge(task(127, 0.05), BAND).verdict).toBe("pass");
    expect(judge(task(128, 0.05), BAND).verdict).toBe("fail");
    expect(judge(task(5000, 0.021), BAND).verdict).toBe("fail");
  });

  it("waits for 16 tokens, then weighs the joined tasks by their tokens", () => {
    const first = judge(task(10, 0), BAND);
    expect(first).toEqual({ verdict: "inconclusive", waiting: task(10, 0) });
    expect(judge(task(5, 4), BAND, first.waiting)).toEqual({
      verdict: "inconclusive",
      waiting: { tokens: 15, meanMarginNats: expect.closeTo(4 / 3) as number },
    });
    expect(judge(task(10, 0.15), BAND, first.waiting)).toEqual({ verdict: "pass", waiting: undefined });
    expect(judge(task(10, 0.3), BAND, first.waiting)).toEqual({ verdict: "fail", waiting: undefined });
  });

  it("loses no token: what is judged and what waits are all that was audited", () => {
    fc.assert(
      fc.property(fc.array(someTask, { maxLength: 30 }), (tasks) => {
        let waiting: Waiting | undefined;
        for (const each of tasks) {
          const before = waiting?.tokens ?? 0;
          const result = judge(each, BAND, waiting);
          expect(result.verdict === "inconclusive").toBe(before + each.tokens < 16);
          expect(result.waiting?.tokens ?? before + each.tokens).toBe(before + each.tokens);
          waiting = result.waiting;
        }
      }),
    );
  });

  it("never turns from fail to pass when the margin grows", () => {
    fc.assert(
      fc.property(someTask, fc.double({ min: 0, max: 4, noNaN: true }), ({ tokens, meanMarginNats }, more) => {
        const before = judge(task(tokens, meanMarginNats), BAND).verdict;
        const after = judge(task(tokens, meanMarginNats + more), BAND).verdict;
        return after === before || after === "fail";
      }),
    );
  });
});

describe("a threshold card", () => {
  const card = {
    version: 1,
    modelId: `0x${"ab".repeat(32)}`,
    bands: [{ ...BAND, temperature: 0.5 }, BAND, { ...BAND, temperature: 0 }],
  };

  it("has a band for the temperature, or none", () => {
    const parsed = thresholdCardSchema.parse(card);
    const temperatures = [0, 0.1, 0.5, 0.6, 2].map(
      (temperature) => bandOf(parsed, { temperature, cuts: false })?.temperature,
    );
    expect(temperatures).toEqual([0, 0.5, 0.5, 2, 2]);
    expect(bandOf(parsed, { temperature: 1, cuts: true })).toBeUndefined();
  });

  it("is refused with limits out of order, for too few tokens, or above the largest margin", () => {
    for (const limits of [
      BAND.limits.toReversed(),
      [{ tokens: 15, marginNats: 0.1 }],
      [{ tokens: 16, marginNats: 4.1 }],
      [],
    ])
      expect(thresholdCardSchema.safeParse({ ...card, bands: [{ ...BAND, limits }] }).success).toBe(false);
  });
});
