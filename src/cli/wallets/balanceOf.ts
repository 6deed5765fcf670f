import { CortensorError } from "../../errors/cortensorError.ts";
import type { Address } from "../../util/types.ts";
import type { Context } from "../context.ts";

export interface Balance {
  readonly network: string;
  readonly corWei: bigint;
  readonly gasWei: bigint;
}

/** What an address has on the network in use, or the error for which that is not known: no money is no reason to fail. */
export async function balanceOf(ctx: Context, address: Address): Promise<Balance | CortensorError> {
  const { onNetwork } = await import("../../node/openNetwork.ts");
  try {
    return await onNetwork(ctx, async ({ chain, preset }) => ({
      network: preset.name,
      ...(await chain.balance(address)),
    }));
  } catch (error) {
    if (error instanceof CortensorError) return error;
    throw error;
  }
}
