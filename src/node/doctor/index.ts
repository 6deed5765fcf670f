import { chain } from "./chain.ts";
import { type Finding, findingOf } from "./finding.ts";
import type { Check, DoctorGround } from "./ground.ts";
import { config, home, keys, leftovers } from "./homeFiles.ts";
import { disk, programs } from "./machine.ts";
import { model } from "./model.ts";
import { miners, router } from "./router.ts";

export { exitCodeOf, type Finding } from "./finding.ts";
export { gatherGround } from "./ground.ts";

/** Every check, in the order in which a cause is seen before its effects. */
const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ["programs", programs],
  ["disk", disk],
  ["home", home],
  ["keys", keys],
  ["config", config],
  ["run files", leftovers],
  ["model", model],
  ["chain", chain],
  ["router", router],
  ["miners", miners],
];

/** Runs all checks at once. A check that fails itself is a finding. */
export async function examine(ground: DoctorGround): Promise<Finding[]> {
  const findings = await Promise.all(
    CHECKS.map(([name, check]) => check(ground).catch((error: unknown) => [findingOf(name, error)])),
  );
  return findings.flat();
}
