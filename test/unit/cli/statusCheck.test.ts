import { describe, expect, test } from "vitest";
import { statusCheck } from "../../../src/cli/commands/statusCheck.ts";
import { statusWatch } from "../../../src/cli/commands/statusWatch.ts";
import type { StatusSnapshot } from "../../../src/observability/snapshot.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { snapshotOf } from "../../support/statusFixtures.ts";

function needing(...codes: string[]): StatusSnapshot {
  const snapshot = snapshotOf();
  const attention = codes.map((code) => ({
    code,
    severity: "warn" as const,
    node: null,
    text: `${code} is here`,
    since: snapshot.at,
    try: null,
  }));
  return { ...snapshot, attention };
}

describe("the verdict for scripts", () => {
  test.each([
    [[], 0, "All well. 3 of 3 nodes live."],
    [["gas-low"], 0, "gas-low is here. 3 of 3 nodes live."],
    [["chain-unreachable"], 4, "chain-unreachable is here. 3 of 3 nodes live."],
    [["router-no-miners"], 5, "router-no-miners is here. 3 of 3 nodes live."],
    [["gas-low", "node-restarting"], 5, "node-restarting is here. 3 of 3 nodes live."],
    [["node-restarting", "node-offline"], 4, "node-offline is here. 3 of 3 nodes live."],
  ])("of %j is %i", (codes, exitCode, text) => {
    expect(statusCheck(needing(...codes))).toEqual({ exitCode, text });
  });
});

describe("watching", () => {
  test("hands on each snapshot with the one before, once a second, until the signal", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const snapshots = ["a", "b", "c"].map((at) => ({ ...snapshotOf(), at }));
    const pairs: string[] = [];
    let reads = 0;
    const watching = statusWatch(
      {
        first: snapshots[0]!,
        read: async () => snapshots[++reads]!,
        next: (before, after) => pairs.push(before.at + after.at),
      },
      { signal: controller.signal, clock },
    );
    await clock.pass(2000);
    controller.abort();
    await watching;
    expect(pairs).toEqual(["ab", "bc"]);
    expect(clock.waiting).toBe(0);
  });

  test("ends with what a reading throws", async () => {
    const clock = new FakeClock();
    const watching = statusWatch(
      { first: snapshotOf(), read: () => Promise.reject(new Error("no")), next: () => {} },
      { signal: new AbortController().signal, clock },
    );
    const refused = expect(watching).rejects.toThrow("no");
    await clock.pass(1000);
    await refused;
  });
});
