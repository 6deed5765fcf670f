import type { Chain, Faucet, NetworkPreset } from "../chain/interface.ts";
import { LOCAL, PresetFolder } from "../config/index.ts";
import type { Settings } from "../config/tree.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import { createSilentLog } from "../observability/log.ts";
import type { Clock } from "../util/types.ts";
import type { Home } from "./home.ts";
import { withRpc } from "./withRpc.ts";

/** The network in use, as a command that is no node works with it. */
export interface Network {
  readonly preset: NetworkPreset;
  readonly chain: Chain;
  /** Only practice networks have one. */
  readonly faucet: Faucet | undefined;
}

export interface NetworkSource {
  readonly home: Home;
  readonly clock: Clock;
  settings(): Promise<Settings>;
}

/** The preset of the network in use, with the endpoints that the settings name. Throws `network-unknown`. */
export async function presetInUse({
  home,
  settings,
}: Pick<NetworkSource, "home" | "settings">): Promise<NetworkPreset> {
  const { general, chain } = await settings();
  return withRpc(await new PresetFolder(home.networksFolder).read(general.network), chain.rpc);
}

/**
 * Connects to the chain of the network in use for as long as `work` takes.
 *
 * Errors: `network-unknown`, `rpc-unreachable`, `chain-mismatch`.
 */
export async function onNetwork<T>(source: NetworkSource, work: (network: Network) => Promise<T>): Promise<T> {
  const preset = await presetInUse(source);
  const { createChain, createFaucet } = await import("../chain/index.ts");
  const chain = createChain({ preset }, { log: createSilentLog(), clock: source.clock });
  try {
    await chain.start();
    const faucet = preset.practice && preset.treasury !== undefined ? createFaucet({ preset }) : undefined;
    return await work({ preset, chain, faucet });
  } catch (error) {
    throw preset.name === LOCAL ? localAway(error) : error;
  } finally {
    await chain.stop();
  }
}

/** The practice chain of this machine is away because nothing runs, and no other endpoint would help. */
function localAway(error: unknown): unknown {
  if (!(error instanceof CortensorError) || error.code !== "rpc-unreachable") return error;
  return new CortensorError(error.code, "the chain of the practice network does not run", {
    ...error.details,
    try: "cortensor up",
    cause: error,
  });
}
