import { afterAll, describe, expect, test } from "vitest";
import { audit, auditsNeeded, failShare } from "./audits.ts";
import { Machines } from "./machines.ts";
import { tasksOf } from "./tasks.ts";
import { cheatingWriters, honestWriters } from "./writers.ts";

const machines = new Machines();
afterAll(() => machines.stop());

/** Hot tasks, as capability checks are: a model that is sure of its words says little about its weights. */
const HOT = { temperature: 2 };
const TASKS = 16;
const TIMEOUT_MS = 60_000;

describe("an honest miner", () => {
  for (const writer of honestWriters(machines)) {
    test(`is never under suspicion: ${writer.name}`, { timeout: TIMEOUT_MS }, async () => {
      for (const params of [HOT, { temperature: 1, topP: 0.9 }, { temperature: 0 }]) {
        const audited = await audit(writer, tasksOf(params === HOT ? TASKS : 6, params), machines);
        expect(audited).toMatchObject({ convictedAt: undefined, highestSuspicionNats: 0 });
        expect(audited.verdicts).toContain("pass");
      }
    });
  }
});

/** Share of hot audits that must fail, at least: half of what was seen. */
const FOUND_OUT: Readonly<Record<string, number>> = {
  "next lower quantization, q5_0": 0.1,
  "4 bits, q4_0": 0.3,
  "a smaller model": 0.8,
  "another system prompt": 0.6,
  "temperature times 0.8": 0.2,
  "pads after the end": 0.8,
  "stops early, claims to have stopped": 0.8,
  "stops early, writes an end": 0.5,
  "replays an old answer": 0.8,
  "writes with 4 bits, scores with the real one": 0.15,
  "counts more prompt tokens": 1,
};

describe("a miner that cheats at hot tasks", () => {
  const writers = cheatingWriters(machines);

  for (const [name, share] of Object.entries(FOUND_OUT)) {
    test(`is found out: ${name}`, { timeout: TIMEOUT_MS }, async () => {
      const writer = writers.find((each) => each.name === name);
      if (writer === undefined) throw new Error(`there is no writer ${name}`);
      const audited = await audit(writer, tasksOf(TASKS, HOT), machines);
      expect(failShare(audited)).toBeGreaterThanOrEqual(share);
      expect(auditsNeeded(audited)[0]).toBeLessThan(60);
    });
  }

  test("by leaving out context is found out where there was some", { timeout: TIMEOUT_MS }, async () => {
    const writer = writers.find(({ name }) => name === "truncated context");
    const long = tasksOf(TASKS, HOT).filter((_, number) => number % 4 === 0);
    expect(failShare(await audit(writer ?? fail(), long, machines))).toBe(1);
  });

  test("now and then, after a long honest past, has no credit from it", { timeout: TIMEOUT_MS }, async () => {
    const writer = writers.find(({ name }) => name.startsWith("after ")) ?? fail();
    const { convictedAt, verdicts } = await audit(writer, tasksOf(80, { ...HOT, maxTokens: 24 }), machines);
    expect(verdicts.slice(0, 40)).not.toContain("fail");
    expect(convictedAt).toBeGreaterThan(40);
  });

  test("by claiming the token limit early cannot be told from a short context by its receipt", async () => {
    const writer = writers.find(({ name }) => name.endsWith("claims the token limit")) ?? fail();
    expect(failShare(await audit(writer, tasksOf(4, HOT), machines))).toBe(0);
  });
});

function fail(): never {
  throw new Error("there is no such writer");
}
