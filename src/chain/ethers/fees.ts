import type { Clock } from "../../util/types.ts";
import { isHex, malformed } from "./blocks.ts";
import type { Rpc } from "./failoverRpc.ts";
import type { HeadFollower } from "./headFollower.ts";

const KEEP_MS = 15_000;

/** Price of gas for one transaction, in wei. */
export type GasPrice =
  | { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly gasPrice: bigint };

interface Deps {
  readonly rpc: Rpc;
  readonly head: HeadFollower;
  readonly clock: Clock;
}

/** What gas costs now: twice the base fee, which is good for six full blocks, and the tip that the endpoint suggests. */
export class Fees {
  readonly #deps: Deps;
  #known: { readonly wei: bigint; readonly at: number } | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async current(): Promise<GasPrice> {
    const { baseFeeWei } = this.#deps.head.head();
    if (baseFeeWei === undefined) return { gasPrice: await this.#suggested("eth_gasPrice") };
    const tipWei = await this.#suggested("eth_maxPriorityFeePerGas");
    return { maxFeePerGas: 2n * baseFeeWei + tipWei, maxPriorityFeePerGas: tipWei };
  }

  async #suggested(method: string): Promise<bigint> {
    const now = this.#deps.clock.now();
    if (this.#known !== undefined && now - this.#known.at < KEEP_MS) return this.#known.wei;
    const answer = await this.#deps.rpc.call(method, []);
    if (!isHex(answer)) throw malformed("gas price");
    this.#known = { wei: BigInt(answer), at: now };
    return this.#known.wei;
  }
}
