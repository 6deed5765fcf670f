import { describe, expect, test } from "vitest";
import { explainFields } from "../../../src/cli/tasks/explainFields.ts";
import { stateText, timeText } from "../../../src/cli/tasks/taskText.ts";
import { explainRecord } from "../../../src/router/http/explainRecord.ts";
import { taskRecord } from "../../../src/router/http/taskRecord.ts";
import type { AttemptTrace, TaskTrace } from "../../../src/router/trace.ts";
import { attemptTrace, minerOf, taskTrace } from "../../support/traces.ts";

const NAMES: Readonly<Record<string, string>> = { [minerOf("1")]: "miner-1", [minerOf("2")]: "keen-azure-wolf" };
const words = { nameOf: (address: string) => NAMES[address] ?? "0x3333…3333", between: "·" };
const explained = (trace: TaskTrace): string[] =>
  explainFields(explainRecord(trace, []), words).map(([label, value]) => `${label}: ${value}`);

describe("an explanation in text", () => {
  test("says who was chosen and why, what took how long, and what it cost", () => {
    expect(explained(taskTrace())).toEqual([
      "t_9c37: qwen3-8b-q4_k_m · 230 in, 128 out · first token 214 ms · 1 attempt",
      "chosen: miner-1, expected 2.96 s; drawn from 61 free slots on 37 nodes; the other drawn was keen-azure-wolf, 3.18 s; 2 passed over: 1 above the price, 1 resting after failures",
      "expected: 34 ms away + prompt 90 ms (62% in cache) + answer 2.84 s = 2.96 s",
      "timing: queue 0 ms · acknowledged 40 ms · first token 212 ms · 128 tokens in 3.05 s",
      "price: (230 in x 0.2 + 128 out x 2.1) / 1,000,000 = 0.0003148 COR",
      "cost: 0.00033 COR, 0.00001574 COR of it to the router, receipt r_8fa20000",
      "proof: cortensor verify r_8fa20000",
    ]);
  });

  test("tells each attempt apart, with its reason and the part of the answer that it gave", () => {
    const lost: Partial<AttemptTrace> = {
      to: 41,
      end: "timeout",
      message: `miner ${minerOf("1")} sent nothing for 8000 ms`,
      feeWei: 0n,
    };
    const next: Partial<AttemptTrace> = { number: 1, cause: "failover", miner: minerOf("2"), from: 41 };
    const lines = explained(taskTrace({ attempts: [attemptTrace(lost), attemptTrace(next)] }));
    expect(lines[0]).toMatch(/2 attempts$/);
    expect(lines).toContain("attempt 1: miner-1, the first: tokens 1 to 41, timeout");
    expect(lines).toContain("why: miner miner-1 sent nothing for 8000 ms");
    expect(lines).toContain("price: nothing was receipted, so nothing is paid");
    expect(lines).toContain("attempt 2: keen-azure-wolf, goes on with the answer: tokens 42 to 128, stop");
  });

  test("of a task that never had a miner is short", () => {
    const state = { status: "failed", attempts: 0, outputTokens: 0, code: "rate-limited" } as const;
    const { receipt: _, ...nothing } = taskTrace({ attempts: [], state, promptTokens: 0, outputTokens: 0 });
    expect(explained(nothing)).toEqual([
      "t_9c37: qwen3-8b-q4_k_m · 0 out · no token · 0 attempts",
      "state: failed after 0 tokens, rate-limited",
      "cost: 0 COR, no receipt",
    ]);
  });

  test("counts miners that were passed over and are not listed", () => {
    const passedOver = Array.from({ length: 20 }, () => ({ miner: minerOf("3"), reason: "excluded" as const }));
    const decision = { drawn: [], passedOver, scanned: true, explored: false, freeSlots: 30, freeMiners: 30 };
    const [, chosen] = explained(taskTrace({ attempts: [attemptTrace({ decision, unlisted: 30 })] }));
    expect(chosen).toBe(
      "chosen: miner-1; drawn from 30 free slots on 30 nodes; nobody drawn would do, so all were looked at; no other was drawn; 50 passed over: 20 tried before, 30 more",
    );
  });

  test("shows no control characters of a peer", () => {
    const lines = explained(taskTrace({ model: "tiny\u001b[2J", attempts: [attemptTrace({ message: "a\u0007b" })] }));
    // oxlint-disable-next-line no-control-regex -- these are looked for
    expect(lines.join("")).not.toMatch(/[\u0000-\u001f]/);
  });
});

test.each([
  [{ status: "running", outputTokens: 41 }, undefined, "running, 41 tokens so far"],
  [{ status: "created", outputTokens: 0 }, undefined, "created"],
  [{ status: "closed", outputTokens: 128, finish: "length" }, undefined, "closed, length"],
  [{ status: "closed", outputTokens: 1, finish: "cancelled" }, "command", "cancelled after 1 token, by command"],
  [{ status: "cancelled", outputTokens: 2 }, "client", "cancelled after 2 tokens, its client left"],
  [{ status: "failed", outputTokens: 3, code: "timeout" }, undefined, "failed after 3 tokens, timeout"],
] as const)("the state %j is said as %s: %s", (state, stoppedBy, said) => {
  const trace = taskTrace({ state: { attempts: 1, ...state }, outputTokens: 0, ...(stoppedBy && { stoppedBy }) });
  expect(stateText(taskRecord(trace, []))).toBe(said);
});

test.each([
  [0, "0 ms"],
  [0.3, "< 1 ms"],
  [999, "999 ms"],
  [2836, "2.84 s"],
  [45_000, "45 s"],
])("%d ms is %s", (ms, said) => {
  expect(timeText(ms)).toBe(said);
});
