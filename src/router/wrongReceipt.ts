import type { Recover } from "../keys/interface.ts";
import { digest, receiptHash } from "../protocol/eip712.ts";
import { idsHash } from "../protocol/hash.ts";
import { feeOf, promptPaid } from "../protocol/price.ts";
import { type Domain, FINISH, type FinishReason, type Order, type Receipt, type Signed } from "../protocol/records.ts";
import type { Hex } from "../util/types.ts";

interface Paper {
  readonly order: Order;
  readonly hash: Hex;
  readonly promptTokens: number;
  /** Output ids received for this order. */
  readonly ids: readonly number[];
  readonly finish: FinishReason | undefined;
}

/** A receipt covers exactly what was received, at the agreed price, under the miner's key; else, what is wrong in it. */
export function wrongReceipt(
  { record, signature }: Signed<Receipt>,
  { order, hash, promptTokens, ids, finish }: Paper,
  { domain, recover }: { readonly domain: Domain; readonly recover: Recover },
): string | undefined {
  const code = finish === undefined ? FINISH.growing : FINISH[finish];
  const fee = feeOf({ ...order, promptTokens, outputTokens: ids.length, promptPaid: promptPaid(code) });
  if (record.order !== hash) return "order";
  if (record.from !== order.from || record.to !== order.from + ids.length) return "range";
  if (record.idsHash !== idsHash(ids)) return "hash of ids";
  if (record.promptTokens !== promptTokens) return "prompt token count";
  if (record.finish !== code) return "finish";
  if (record.fee !== fee) return "fee";
  return recover(digest(domain, receiptHash(record)), signature) === order.miner ? undefined : "signature";
}
