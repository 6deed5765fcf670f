import { CortensorError } from "../errors/cortensorError.ts";
import { Chaos } from "../p2p/index.ts";
import type { Ground } from "./nodeContext.ts";

/** Where money has value, nobody makes it fail on purpose: a node that asks for it is refused, not humoured. Throws `config-invalid`, `option-value`. */
export function openChaos({ options, identity, clock, log }: Ground, drain: () => void): Chaos | undefined {
  const { chaos: spec } = options.settings.miner;
  if (!options.preset.practice) {
    if (spec === "") return undefined;
    throw new CortensorError(
      "config-invalid",
      `miner.chaos is set, and ${options.preset.name} is no practice network`,
      {
        try: "cortensor config unset miner.chaos",
        data: { key: "miner.chaos", network: options.preset.name },
      },
    );
  }
  if (spec !== "") log.warn("chaos is on", { spec });
  return new Chaos(
    { spec, name: identity.node.address },
    {
      clock,
      crash: () => process.kill(process.pid, "SIGKILL"),
      drain,
      onFault: ({ kind, atToken }, orderId) => log.warn("fault on purpose", { kind, atToken, orderId }),
    },
  );
}

/** Counts for the answers that begin from now on; throws `option-value`. */
export function changeChaos(chaos: Chaos, { spec, log }: { spec: string; log: Ground["log"] }): { chaos: string } {
  chaos.set(spec);
  log.warn("chaos changed", { spec: chaos.spec });
  return { chaos: chaos.spec };
}
