import { Signature, Transaction } from "ethers";
import type { Signer } from "../../keys/interface.ts";
import type { Address, Hex } from "../../util/types.ts";
import type { GasPrice } from "./fees.ts";

/** What is to be done, before it has a nonce. */
export interface Call {
  /** Undefined deploys `data`. */
  readonly to: Address | undefined;
  readonly data: string;
  readonly valueWei?: bigint;
}

export interface Unsigned extends Call {
  readonly chainId: number;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly price: GasPrice;
}

export interface SignedTransaction {
  readonly raw: Hex;
  readonly hash: Hex;
}

/** Signs with our own keys: ethers only encodes. */
export function signTransaction(unsigned: Unsigned, signer: Signer): SignedTransaction {
  const { to, data, valueWei = 0n, chainId, nonce, gasLimit, price } = unsigned;
  const transaction = Transaction.from({
    type: "gasPrice" in price ? 0 : 2,
    to: to ?? null,
    data,
    value: valueWei,
    chainId,
    nonce,
    gasLimit,
    ...price,
  });
  transaction.signature = Signature.from(signer.sign(transaction.unsignedHash as Hex));
  return { raw: transaction.serialized as Hex, hash: transaction.hash as Hex };
}
