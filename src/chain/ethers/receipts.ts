import type { Hex } from "../../util/types.ts";
import type { Mined } from "../interface.ts";
import { isHex, malformed } from "./blocks.ts";
import type { Rpc } from "./failoverRpc.ts";

export interface TransactionReceipt extends Mined {
  readonly succeeded: boolean;
  /** Of a deployment. */
  readonly contract: Hex | undefined;
}

/** Undefined while the transaction is in no block. */
export async function readReceipt(rpc: Rpc, hash: Hex): Promise<TransactionReceipt | undefined> {
  const raw = await rpc.call("eth_getTransactionReceipt", [hash]);
  if (raw === null || raw === undefined) return undefined;
  const { blockNumber, gasUsed, effectiveGasPrice, status, contractAddress } = raw as Record<string, unknown>;
  if (!isHex(blockNumber) || !isHex(gasUsed) || !isHex(status)) throw malformed("receipt");
  const priceWei = isHex(effectiveGasPrice) ? BigInt(effectiveGasPrice) : 0n;
  return {
    hash,
    block: Number(blockNumber),
    gasUsed: BigInt(gasUsed),
    feeWei: BigInt(gasUsed) * priceWei,
    succeeded: Number(status) === 1,
    contract: isHex(contractAddress) ? (contractAddress.toLowerCase() as Hex) : undefined,
  };
}
