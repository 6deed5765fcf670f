import type { Chain, Faucet } from "../../chain/interface.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { formatCor } from "../../util/money.ts";
import type { Address } from "../../util/types.ts";

const PRACTICE_GAS_WEI = 10n ** 18n / 2n;

export interface Need {
  readonly owner: Address;
  readonly corWei: bigint;
  /** Such as `registering`. */
  readonly action: string;
}

/** Fills the owner's wallet where there is a faucet. Throws `stake-low` and `gas-low` where it then has too little. */
export async function haveMoney(
  { owner, corWei, action }: Need,
  { chain, faucet, retry }: { readonly chain: Chain; readonly faucet: Faucet | undefined; readonly retry: string },
): Promise<void> {
  await faucet?.fund(owner, { corWei, gasWei: PRACTICE_GAS_WEI });
  const has = await chain.balance(owner);
  if (has.corWei < corWei)
    throw new CortensorError(
      "stake-low",
      `${action} takes ${formatCor(corWei)} COR of stake and the wallet has ${formatCor(has.corWei)}`,
      {
        why: [["needed", `${formatCor(corWei - has.corWei)} COR more on ${owner}`]],
        try: retry,
        data: { owner, neededWei: corWei, hasWei: has.corWei },
      },
    );
  if (has.gasWei === 0n)
    throw new CortensorError("gas-low", `${action} costs gas and the wallet has none`, {
      why: [["needed", `coins of the chain on ${owner}`]],
      try: retry,
      data: { owner, hasWei: 0n },
    });
}
