import { rpcList } from "../chain/options.ts";
import type { NetworkPreset } from "../chain/interface.ts";

/** A preset with the endpoints of the setting `chain.rpc` in place of its own. Throws `option-value`. */
export function withRpc(preset: NetworkPreset, rpc: string | undefined): NetworkPreset {
  return rpc === undefined || rpc === "" ? preset : { ...preset, rpc: rpcList(rpc) };
}
