// Policies in each published scenario, then what a decision costs: `node test/bench/selection.ts [part of a name]`.
import { POLICIES, type PolicyName } from "../sim/policies/index.ts";
import type { Results } from "../sim/results.ts";
import { scenarios } from "../sim/scenarios.ts";
import { simulate } from "../sim/simulate.ts";
import { costPerDecision } from "./costPerDecision.ts";

const HEAD = ["policy", "p50 s", "p99 s", "answers/s", "fairness", "misses"];

function print(cells: readonly (string | number)[]): void {
  console.log(cells.map((cell, n) => (n === 0 ? String(cell).padEnd(18) : String(cell).padStart(10))).join(""));
}

function rowOf({ policy, p50Seconds, p99Seconds, throughput, fairness, misses }: Results): (string | number)[] {
  return [policy, p50Seconds.toFixed(2), p99Seconds.toFixed(2), throughput.toFixed(2), fairness.toFixed(3), misses];
}

const only = process.argv[2] ?? "";
for (const [name, scenarioOf] of scenarios()) {
  if (!name.includes(only)) continue;
  const scenario = scenarioOf();
  console.log(`\n${name}: ${scenario.tasks.length} tasks, routers: ${scenario.routers}`);
  print(HEAD);
  for (const policy of Object.keys(POLICIES) as PolicyName[]) print(rowOf(simulate(scenario, policy)));
}

console.log("\nCost of a decision");
print(["miners", "us", "draws"]);
for (const miners of [10, 100, 1000, 10_000, 100_000]) {
  const { microseconds, draws } = costPerDecision(miners);
  print([miners, microseconds.toFixed(1), draws.toFixed(2)]);
}
