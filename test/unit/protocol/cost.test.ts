import { describe, expect, it } from "vitest";
import { costOf, expectedTokens } from "../../../src/protocol/cost.ts";
import { crowding, strainOf } from "../../../src/protocol/strain.ts";
import { miner, task } from "./anyMiner.ts";

describe("the cost of a task", () => {
  it("adds up the way, the prompt and the answer", () => {
    const measured = miner(1, { rttMs: 20, prefillMsPerToken: 2, decodeMsPerToken: 30 });
    expect(costOf(measured, task).costSeconds).toBeCloseTo(0.02 + 0.2 + 15, 9);
    expect(costOf(measured, { ...task, prefixMatch: () => 0.75 }).costSeconds).toBeCloseTo(0.02 + 0.05 + 15, 9);
  });

  it("takes the model's usual times for a miner not measured yet, else fixed ones", () => {
    expect(costOf(miner(1), task).costSeconds).toBeCloseTo(0.01 + 0.5 + 25, 9);
    expect(costOf(miner(1), { ...task, usual: { decodeMsPerToken: 10 } }).costSeconds).toBeCloseTo(0.01 + 0.5 + 5, 9);
  });

  it("grows with the strain that a miner is under", () => {
    const strained = miner(1, { rttMs: 20, prefillMsPerToken: 2, decodeMsPerToken: 30, strain: 1.5 });
    expect(costOf(strained, task)).toMatchObject({ rttSeconds: 0.02, prefillSeconds: 0.3, decodeSeconds: 22.5 });
  });

  it("expects what the key's answers are like, within the limit", () => {
    expect(expectedTokens({ maxTokens: 100 })).toBe(100);
    expect(expectedTokens({ maxTokens: 100, average: 40 })).toBe(40);
    expect(expectedTokens({ maxTokens: 100, average: 400 })).toBe(100);
  });
});

describe("the strain on a miner", () => {
  it("counts what an order is held up and what it holds up", () => {
    expect(crowding({ orders: 2, limit: 4 })).toBe(1.5);
    expect(strainOf({ orders: 0, limit: 4 })).toBe(1);
    expect(strainOf({ orders: 2, limit: 4 })).toBe(2);
  });

  it("shows a miner that has become slow by the order that is overdue", () => {
    const running = { orders: 1, limit: 4, expectedMs: 1000 };
    expect(strainOf({ ...running, oldestMs: 1500 })).toBe(1.5);
    expect(strainOf({ ...running, oldestMs: 4000 })).toBe(6);
  });
});
