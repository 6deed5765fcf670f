import type { Chain, NetworkPreset } from "../interface.ts";
import { type ChainDeps, EthersChain } from "./ethersChain.ts";

/** The network of a preset, not started yet. Nothing is asked of an endpoint before `start`. */
export function createChain(options: { readonly preset: NetworkPreset }, deps: ChainDeps): Chain {
  return new EthersChain(options, deps);
}
