import { randomPolicy, roundRobin, stakeWeighted } from "./blind.ts";
import { leastOutstanding } from "./leastOutstanding.ts";
import { ours } from "./ours.ts";
import type { Policy, PolicyDeps } from "./policy.ts";
import { sortFirst } from "./sortFirst.ts";

export const POLICIES = {
  random: randomPolicy,
  "round robin": roundRobin,
  "least outstanding": leastOutstanding,
  "stake-weighted": stakeWeighted,
  "sort, take first": sortFirst,
  ours,
} as const satisfies Record<string, (deps: PolicyDeps, warm: number) => Policy>;

export type PolicyName = keyof typeof POLICIES;
