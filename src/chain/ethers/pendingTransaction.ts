import type { Signer } from "../../keys/interface.ts";
import type { Hex } from "../../util/types.ts";
import type { Rpc } from "./failoverRpc.ts";
import type { GasPrice } from "./fees.ts";
import { readReceipt, type TransactionReceipt } from "./receipts.ts";
import { type Call, type SignedTransaction, signTransaction } from "./signTransaction.ts";

export interface Sending extends Call {
  /** As a verb, for errors. */
  readonly action: string;
  /** Estimated when not given. */
  readonly gasLimit?: bigint;
}

interface Fixed {
  readonly sending: Sending;
  readonly gasLimit: bigint;
  readonly chainId: number;
  readonly signer: Signer;
}

/** One transaction on its way, in all the versions that were signed of it. */
export class PendingTransaction {
  readonly sending: Sending;
  readonly #fixed: Fixed;
  readonly #hashes: Hex[] = [];
  #nonce: number;
  #price: GasPrice;
  #signed: SignedTransaction;

  constructor(fixed: Fixed, first: { readonly nonce: number; readonly price: GasPrice }) {
    this.#fixed = fixed;
    this.sending = fixed.sending;
    this.#nonce = first.nonce;
    this.#price = first.price;
    this.#signed = this.#sign();
  }

  get nonce(): number {
    return this.#nonce;
  }

  get price(): GasPrice {
    return this.#price;
  }

  /** The newest version. */
  get signed(): SignedTransaction {
    return this.#signed;
  }

  /** Another version of the same wish. The one before must have no way into a block, or the same nonce. */
  resign({ nonce = this.#nonce, price }: { readonly nonce?: number; readonly price: GasPrice }): void {
    this.#nonce = nonce;
    this.#price = price;
    this.#signed = this.#sign();
  }

  /** Of the version that got into a block, if one did. */
  async receipt(rpc: Rpc): Promise<TransactionReceipt | undefined> {
    for (const hash of this.#hashes) {
      const receipt = await readReceipt(rpc, hash);
      if (receipt !== undefined) return receipt;
    }
    return undefined;
  }

  #sign(): SignedTransaction {
    const { sending, gasLimit, chainId, signer } = this.#fixed;
    const signed = signTransaction({ ...sending, chainId, nonce: this.#nonce, gasLimit, price: this.#price }, signer);
    this.#hashes.push(signed.hash);
    return signed;
  }
}

/** What a replacement of the same nonce must pay, `undefined` while the old price is still good. */
export function raisedPrice(old: GasPrice, now: GasPrice): GasPrice | undefined {
  if ("gasPrice" in old || "gasPrice" in now) return undefined;
  if (now.maxFeePerGas < 2n * old.maxFeePerGas) return undefined;
  // A tenth more of both, or it is refused.
  const tipWei = (old.maxPriorityFeePerGas * 9n) / 8n + 1n;
  return {
    maxPriorityFeePerGas: tipWei > now.maxPriorityFeePerGas ? tipWei : now.maxPriorityFeePerGas,
    maxFeePerGas: now.maxFeePerGas + tipWei,
  };
}
