import type { Anchor } from "../audit/receiptLog.ts";
import type { Chain } from "../chain/interface.ts";
import type { Ground } from "./nodeContext.ts";

/** Puts on the chain what the receipts of an epoch come to. One that stands there already is as good as posted. */
export async function postAnchor(
  { feeSum, ...anchor }: Anchor,
  { chain, identity }: { readonly chain: Chain; readonly identity: Ground["identity"] },
): Promise<void> {
  const { anchored = -1 } = await chain.ballot(identity.node.address);
  if (anchored >= anchor.epoch) return;
  await chain.as(identity.node).anchor({ ...anchor, feeSumWei: feeSum });
}
