import { CortensorError } from "../../errors/cortensorError.ts";
import type { Log } from "../../observability/log.ts";
import type { Rpc } from "./failoverRpc.ts";
import type { SignedTransaction } from "./signTransaction.ts";
import { isKnownTransaction, isNonceTaken } from "./translate.ts";

const KEPT = 256;

/** The last transactions of one key by nonce, kept in case the chain goes back. */
export class KeptTransactions {
  readonly #byNonce = new Map<number, SignedTransaction>();

  has(nonce: number): boolean {
    return this.#byNonce.has(nonce);
  }

  add(nonce: number, signed: SignedTransaction): void {
    this.#byNonce.set(nonce, signed);
    for (const old of this.#byNonce.keys()) if (old <= nonce - KEPT) this.#byNonce.delete(old);
  }

  delete(nonce: number): void {
    this.#byNonce.delete(nonce);
  }

  clear(): void {
    this.#byNonce.clear();
  }

  /**
   * Sends again what the chain, which counts `count` transactions of the key, does not show. Forgets what is refused
   * now, and all that came after. Throws `rpc-unreachable`.
   */
  async resend(count: number, { rpc, log }: { rpc: Rpc; log: Log }): Promise<void> {
    const lost = [...this.#byNonce].filter(([nonce]) => nonce >= count).sort(([a], [b]) => a - b);
    // With a gap before them they could not get into a block.
    if (lost[0]?.[0] !== count) return;
    log.info("sending transactions again", { first: count, transactions: lost.length });
    for (const [at, [, { raw }]] of lost.entries()) {
      try {
        await rpc.call("eth_sendRawTransaction", [raw]);
      } catch (error) {
        if (error instanceof CortensorError) throw error;
        if (isKnownTransaction(error) || isNonceTaken(error)) continue;
        for (const [nonce] of lost.slice(at)) this.#byNonce.delete(nonce);
        log.warn("a transaction that was taken back is refused now", { transactions: lost.length - at }, error);
        return;
      }
    }
  }
}
