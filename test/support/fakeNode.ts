import { makeError, Transaction } from "ethers";
import type { Rpc } from "../../src/chain/ethers/failoverRpc.ts";
import { CortensorError } from "../../src/errors/cortensorError.ts";

interface Pooled {
  readonly hash: string;
  readonly nonce: number;
  readonly data: string;
  readonly maxFeePerGas: bigint;
}

/** A chain with one sender, a pool, and every way in which a node can let one down. */
export class FakeNode implements Rpc {
  /** Of the sender, in order: the nonce is the place. */
  mined: Pooled[] = [];
  pool: Pooled[] = [];
  baseFeeWei = 8n;
  emptyBlocks = 0;
  automine = true;
  /**
   * Takes the next transaction, but its answer does not get through: either none does, or another endpoint is asked
   * instead, which finds the nonce taken.
   */
  loseAnswer: "no" | "all" | "first" = "no";
  readonly broadcasts: string[] = [];

  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    switch (method) {
      case "eth_sendRawTransaction":
        return this.#take(Transaction.from(params[0] as string));
      case "eth_getTransactionCount":
        return quantity(params[1] === "pending" ? this.#pendingCount() : this.mined.length);
      case "eth_getTransactionReceipt":
        return this.#receipt(params[0] as string);
      case "eth_getTransactionByHash":
        return [...this.mined, ...this.pool].find(({ hash }) => hash === params[0]) ?? null;
      case "eth_estimateGas":
        return "0x5208";
      case "eth_maxPriorityFeePerGas":
        return "0x1";
      default:
        return this.#block();
    }
  }

  /** Puts what can be in a block into one. */
  mine(): void {
    for (;;) {
      const next = this.pool.find(
        ({ nonce, maxFeePerGas }) => nonce === this.mined.length && maxFeePerGas >= this.baseFeeWei,
      );
      if (next === undefined) return;
      this.mined.push(next);
      this.pool = this.pool.filter(({ nonce }) => nonce > next.nonce);
    }
  }

  /** From now on a block at once. */
  release(): void {
    this.automine = true;
    this.mine();
  }

  /** As a practice chain that crashed: the last transactions and the whole pool are gone. */
  rollBack(transactions: number): void {
    this.mined = this.mined.slice(0, Math.max(0, this.mined.length - transactions));
    this.pool = [];
  }

  async #take({ hash, nonce, data, maxFeePerGas }: Transaction): Promise<string> {
    this.broadcasts.push(hash ?? "");
    const known = [...this.mined, ...this.pool].find((other) => other.nonce === nonce);
    if (known?.hash === hash) throw makeError("", "UNKNOWN_ERROR", { error: { message: "already known" } });
    if (nonce < this.mined.length) throw makeError("nonce has already been used", "NONCE_EXPIRED", { transaction: {} });
    const fee = maxFeePerGas ?? 0n;
    if (known !== undefined && fee * 10n < known.maxFeePerGas * 11n) {
      throw makeError("replacement fee too low", "REPLACEMENT_UNDERPRICED", { transaction: {} });
    }
    this.pool = [...this.pool.filter((other) => other !== known), { hash: hash ?? "", nonce, data, maxFeePerGas: fee }];
    if (this.automine) this.mine();
    const lose = this.loseAnswer;
    this.loseAnswer = "no";
    if (lose === "all") throw new CortensorError("rpc-unreachable", "the answer was lost");
    if (lose === "first") throw makeError("nonce has already been used", "NONCE_EXPIRED", { transaction: {} });
    return hash ?? "";
  }

  #pendingCount(): number {
    let count = this.mined.length;
    while (this.pool.some(({ nonce }) => nonce === count)) count += 1;
    return count;
  }

  #receipt(hash: string): Record<string, string> | null {
    const at = this.mined.findIndex((transaction) => transaction.hash === hash);
    if (at < 0) return null;
    return { blockNumber: quantity(at + 1), gasUsed: "0x5208", effectiveGasPrice: "0x8", status: "0x1" };
  }

  #block(): Record<string, string> {
    const number = quantity(this.mined.length + this.emptyBlocks);
    const parentHash = this.mined.at(-1)?.hash ?? "0x00";
    return {
      number,
      hash: `${parentHash}${number.slice(2)}`,
      parentHash,
      timestamp: "0x1",
      baseFeePerGas: quantity(this.baseFeeWei),
    };
  }
}

function quantity(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
