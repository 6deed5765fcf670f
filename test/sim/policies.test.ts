import { describe, expect, it } from "vitest";
import { POLICIES, type PolicyName } from "./policies/index.ts";
import type { Results } from "./results.ts";
import { scenarioNamed, scenarios, SLOWED } from "./scenarios.ts";
import { simulate } from "./simulate.ts";

/** In a network that keeps up, throughput is what comes in: less than this is where the window happened to end. */
const NOISE = 0.01;
const OTHERS = (Object.keys(POLICIES) as PolicyName[]).filter((name) => name !== "ours");

function beats(one: Results, other: Results): boolean {
  return one.p99Seconds < other.p99Seconds && one.throughput > other.throughput * (1 + NOISE);
}

describe.each([...scenarios()])("%s", (name, scenarioOf) => {
  it("has no policy that beats ours on both p99 latency and throughput", () => {
    const scenario = scenarioOf();
    const mine = simulate(scenario, "ours");
    for (const other of OTHERS) {
      const theirs = simulate(scenario, other);
      expect(beats(theirs, mine), `${other} in ${name}`).toBe(false);
      expect(mine.misses, `misses beside ${other}`).toBeLessThanOrEqual(theirs.misses + scenario.tasks.length / 1000);
    }
  }, 60_000);
});

describe(SLOWED, () => {
  it.each([1, 2, 3])(
    "is noticed: p99 is at most half of round robin's and of least outstanding's (seed %i)",
    (seed) => {
      const scenario = scenarioNamed(SLOWED, seed);
      const mine = simulate(scenario, "ours", seed);
      for (const other of ["round robin", "least outstanding"] as const)
        expect(mine.p99Seconds, other).toBeLessThanOrEqual(simulate(scenario, other, seed).p99Seconds / 2);
    },
  );
});
