import { describe, expect, test } from "vitest";
import { changeLines, hasChanged } from "../../../src/tui/plain/changes.ts";
import { plainStatus } from "../../../src/tui/plain/plainStatus.ts";
import { busyFacts, factsOf, NOW, snapshotOf } from "../../support/statusFixtures.ts";

/** Local times, put into the time zone of the fixtures. */
function inZone(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^\d\d:(\d\d:\d\d) /, "14:$1 ").replace(/^\d\d:(\d\d),/, "13:$1,"));
}

function away() {
  return snapshotOf({
    facts: busyFacts().map((one) => ({
      ...one,
      chain: { ...one.chain, reachable: false, detail: "rpc-1: no answer" },
    })),
  });
}

describe("status as sentences", () => {
  test("of a network at work", () => {
    expect(inZone(plainStatus(snapshotOf()))).toEqual([
      "All well. Nothing needs you.",
      "Network: local, practice, epoch 12, 57 min left, block 1,842. 3 of 3 nodes live.",
      "router-1: serving, cortensor-tiny, 2 of 8 slots, first token 190 ms, 1,031 tok/s, 94 tasks and 0 failed in the last hour, http://127.0.0.1:5010/v1",
      "miner-1: serving, cortensor-tiny, 2 of 4 slots, first token 212 ms, 45.1 tok/s, 88 tasks and 0 failed in the last hour, reputation 0.99, 2.36 COR today, 240.35 in all",
      "miner-2: newcomer, qwen3-1.7b-q8_0, 0 of 4 slots, first token 96 ms, 60.4 tok/s, 6 tasks and 0 failed in the last hour, 6 of 10 first orders done, 0.00 COR today, 0.00 in all",
      "Money: 2.36 COR today, 13.45 waiting in vouchers, 240.35 in all, gas 0.0183 ETH.",
      "Work: 182 tasks a minute, 6,420 tokens a second, first token 190 ms half and 840 ms 95%.",
      "13:48, miner-1: redeemed 0.17 COR.",
      "13:41, router-1: router-1 is serving.",
    ]);
  });

  test("what needs the reader comes first, and its command can be copied", () => {
    const [first, second] = plainStatus(away());
    expect(first).toBe(
      "Warning: The chain does not answer. Your nodes go on serving. Tried: rpc-1: no answer. Safe: 13.45 COR of vouchers, on disk; redeemed when it is back. Late: redeeming waits; orders go on. Try: cortensor config set chain.rpc URL,URL",
    );
    expect(second).toBe("Network: local, practice, last known: epoch 12, 57 min left, block 1,842. 3 of 3 nodes live.");
  });

  test("of nothing", () => {
    expect(plainStatus(snapshotOf({ facts: [] }))).toEqual(["Error: Nothing runs here yet. Try: cortensor up"]);
  });

  test("keeps control characters of others out of the terminal", () => {
    const lines = plainStatus(snapshotOf({ facts: [factsOf({ stateReason: "a\u001b[31m\nb" })] }));
    expect(lines.join("")).not.toContain("\u001b");
    expect(lines[2]).toContain("serving (a[31m b)");
  });
});

describe("changes", () => {
  const before = snapshotOf();

  test("are none when only time and numbers that always move went on", () => {
    const facts = busyFacts().map((one) => ({
      ...one,
      cpu: 0.9,
      rssBytes: 1,
      chain: { ...one.chain, block: 1900, epochEndsInSeconds: 3300 },
      work: { ...one.work, tokensPerSecond: 1, ttftMs: 5, tasksLastMinute: 2, tokensHistory: [1] },
    }));
    const after = snapshotOf({ facts, now: NOW + 5000 });
    expect(changeLines(before, after)).toEqual([]);
    expect(hasChanged(before, after)).toBe(false);
  });

  test("tell what begins, what is over, and what happened, each with its time", () => {
    const facts = busyFacts().filter(({ name }) => name !== "miner-2");
    const lately = [{ at: new Date(NOW + 1).toISOString(), text: "redeemed 1 COR" }];
    const after = snapshotOf({
      facts: facts.map((one) => (one.name === "miner-1" ? { ...one, state: "draining", lately } : one)),
    });
    expect(hasChanged(before, after)).toBe(true);
    expect(inZone(changeLines(before, after))).toEqual([
      expect.stringMatching(/^14:02:31 miner-1: draining, cortensor-tiny, 2 of 4 slots/),
      "14:02:31 miner-2: stopped",
      "14:02:31 miner-1: redeemed 1 COR.",
    ]);
    expect(inZone(changeLines(before, away()))).toEqual([expect.stringMatching(/^14:02:31 Warning: The chain does/)]);
    expect(inZone(changeLines(away(), before))).toEqual([
      "14:02:31 Over: The chain does not answer. Your nodes go on serving.",
    ]);
  });

  test("a program also hears of slots and money", () => {
    const [second, router, first] = busyFacts();
    const busier = snapshotOf({ facts: [second!, router!, { ...first!, slots: { busy: 3, total: 4 } }] });
    expect(hasChanged(before, busier)).toBe(true);
    expect(changeLines(before, busier)).toEqual([]);
  });
});
