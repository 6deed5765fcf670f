import { setTimeout as sleep } from "node:timers/promises";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Signer } from "../../keys/interface.ts";
import type { Log } from "../../observability/log.ts";
import { isHex, malformed, quantity } from "./blocks.ts";
import type { Rpc } from "./failoverRpc.ts";
import type { Fees } from "./fees.ts";
import { KeptTransactions } from "./keptTransactions.ts";
import { PendingTransaction, raisedPrice, type Sending } from "./pendingTransaction.ts";
import type { TransactionReceipt } from "./receipts.ts";
import type { Call } from "./signTransaction.ts";
import { isKnownTransaction, isNonceTaken, translate } from "./translate.ts";

const TRIES = 5;
/** Endpoints behind one address are not always at the same block. */
const RECEIPT_TRIES = 4;

export interface QueueOptions {
  readonly chainId: number;
  /** First wait for a receipt; doubles up to `longestPollMs`. */
  readonly firstPollMs: number;
  readonly longestPollMs: number;
  /** After this time without a block it is seen to. */
  readonly rebroadcastMs: number;
  /** Longest wait for a block. */
  readonly patienceMs: number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** Practice chains make a block at once. */
export function patience(practice: boolean): Omit<QueueOptions, "chainId" | "signal"> {
  return practice
    ? { firstPollMs: 2, longestPollMs: 250, rebroadcastMs: 1000, patienceMs: 60_000 }
    : { firstPollMs: 500, longestPollMs: 2000, rebroadcastMs: 6000, patienceMs: 300_000 };
}

export interface QueueDeps {
  readonly rpc: Rpc;
  readonly fees: Fees;
  readonly signer: Signer;
  readonly log: Log;
}

/**
 * The transactions of one key: numbered here, sent in order, sent again until they are in a block, and once more when
 * that block is taken back. One transaction is never signed for two nonces while either could still get into a block.
 */
export class TransactionQueue {
  readonly #options: QueueOptions;
  readonly #deps: QueueDeps;
  readonly #kept = new KeptTransactions();
  readonly #inFlight = new Set<PendingTransaction>();
  #next = 0;
  /** The last transaction may be on its way without our knowing. */
  #doubtful = false;
  #lock: Promise<unknown> = Promise.resolve();

  constructor(options: QueueOptions, deps: QueueDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Until it is in a block. Throws `chain-rejected`, `gas-low`, `rpc-unreachable`, `timeout`. */
  async send(sending: Sending): Promise<TransactionReceipt> {
    const gasLimit = sending.gasLimit ?? (await this.estimate(sending));
    const pending = await this.#locked(() => this.#launch(sending, gasLimit));
    try {
      const receipt = await this.#mined(pending);
      if (!receipt.succeeded) throw await this.#failure(pending, receipt);
      return receipt;
    } finally {
      this.#inFlight.delete(pending);
    }
  }

  /** Gas with a quarter as headroom. Throws `chain-rejected` when the transaction would fail. */
  async estimate(sending: Sending): Promise<bigint> {
    try {
      const answer = await this.#deps.rpc.call("eth_estimateGas", [this.#asCall(sending), "pending"]);
      if (!isHex(answer)) throw malformed("gas estimate");
      return (BigInt(answer) * 5n) / 4n;
    } catch (error) {
      throw translate(error, { action: sending.action, from: this.#deps.signer.address });
    }
  }

  /**
   * Sends again what the chain no longer shows, after it went back; while no endpoint answers, until one does. Never
   * throws.
   */
  async resend(): Promise<void> {
    const { longestPollMs, signal } = this.#options;
    for (let tries = 0; ; tries += 1) {
      try {
        await this.#locked(() => this.#resendKept());
        return;
      } catch (error) {
        if (tries === 0)
          this.#deps.log.warn("transactions could not be sent again", { address: this.#deps.signer.address }, error);
        // Nobody else would do it: those who sent them have had their receipts.
        if (!(error instanceof CortensorError) || error.code !== "rpc-unreachable") return;
      }
      await this.#sleep(longestPollMs).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  #asCall({ to, data, valueWei = 0n }: Call): Record<string, string> {
    return { from: this.#deps.signer.address, ...(to === undefined ? {} : { to }), data, value: quantity(valueWei) };
  }

  async #launch(sending: Sending, gasLimit: bigint): Promise<PendingTransaction> {
    const [price] = await Promise.all([this.#deps.fees.current(), this.#synchronise()]);
    const { chainId } = this.#options;
    const { signer } = this.#deps;
    const pending = new PendingTransaction({ sending, gasLimit, chainId, signer }, { nonce: this.#next, price });
    await this.#broadcast(pending);
    this.#inFlight.add(pending);
    this.#next = pending.nonce + 1;
    return pending;
  }

  /** The next nonce. While transactions are on their way the count is ours; otherwise the chain is asked. */
  async #synchronise(): Promise<void> {
    if (this.#inFlight.size > 0 && !this.#doubtful) return;
    const count = await this.#count("pending");
    this.#doubtful = false;
    if (this.#inFlight.size > 0) {
      this.#next = Math.max(this.#next, count);
      return;
    }
    if (count < this.#next && this.#kept.has(count)) {
      await this.#resendKept();
      if (this.#kept.has(count)) return;
    }
    if (count < this.#next) this.#kept.clear();
    this.#next = count;
  }

  async #resendKept(): Promise<void> {
    await this.#kept.resend(await this.#count("latest"), this.#deps);
  }

  async #broadcast(pending: PendingTransaction): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#kept.add(pending.nonce, pending.signed);
      try {
        await this.#deps.rpc.call("eth_sendRawTransaction", [pending.signed.raw]);
        return;
      } catch (error) {
        if (isKnownTransaction(error)) return;
        if (!isNonceTaken(error) || attempt === TRIES) throw this.#refused(pending, error);
        // No block has used the nonce, so what holds it in a pool may be this very transaction, passed on by an endpoint
        // that fell silent: a second nonce would do it twice. If it is another's, `#nudge` gives way once that is mined.
        if ((await this.#count("latest")) <= pending.nonce) return;
        // An endpoint that timed out may have passed it on all the same.
        if (await this.#arrived(pending)) return;
        await this.#renumber(pending, Math.max(await this.#count("pending"), pending.nonce + 1));
      }
    }
  }

  #refused({ sending, nonce }: PendingTransaction, error: unknown): Error {
    // Only a missing answer leaves open whether it gets into a block.
    this.#doubtful = error instanceof CortensorError;
    if (!this.#doubtful) this.#kept.delete(nonce);
    return translate(error, { action: sending.action, from: this.#deps.signer.address });
  }

  async #mined(pending: PendingTransaction): Promise<TransactionReceipt> {
    const { firstPollMs, longestPollMs, rebroadcastMs, patienceMs } = this.#options;
    const begin = performance.now();
    let sentAt = begin;
    let unreachable: unknown;
    for (
      let pollMs = firstPollMs;
      performance.now() - begin < patienceMs;
      pollMs = Math.min(2 * pollMs, longestPollMs)
    ) {
      try {
        const receipt = await pending.receipt(this.#deps.rpc);
        if (receipt !== undefined) return receipt;
        if (performance.now() - sentAt >= rebroadcastMs) {
          await this.#locked(() => this.#nudge(pending));
          sentAt = performance.now();
        }
        unreachable = undefined;
      } catch (error) {
        if (!(error instanceof CortensorError) || error.code !== "rpc-unreachable") throw error;
        unreachable = error;
      }
      await this.#sleep(pollMs);
    }
    const { action } = pending.sending;
    throw (
      unreachable ??
      new CortensorError("timeout", `the transaction to ${action} is in no block after ${patienceMs / 1000} s`, {
        data: { action, hash: pending.signed.hash },
      })
    );
  }

  /** Brings a transaction that takes its time back on its way. */
  async #nudge(pending: PendingTransaction): Promise<void> {
    const { rpc } = this.#deps;
    const count = await this.#count("latest");
    if (count > pending.nonce) {
      if (await this.#arrived(pending)) return;
      await this.#renumber(pending, Math.max(await this.#count("pending"), this.#next));
    } else if (count < pending.nonce && !this.#inFlightAt(count)) {
      if (this.#kept.has(count)) await this.#resendKept();
      else if ((await rpc.call("eth_getTransactionByHash", [pending.signed.hash])) === null) {
        // The chain went back beyond what is kept, and no pool knows this one any more.
        await this.#renumber(pending, count);
      }
    } else await this.#raise(pending);
    await this.#broadcast(pending);
    this.#next = Math.max(this.#next, pending.nonce + 1);
  }

  #inFlightAt(nonce: number): boolean {
    return [...this.#inFlight].some((pending) => pending.nonce === nonce);
  }

  /** Same nonce, higher fee, when the base fee has outgrown the old one. */
  async #raise(pending: PendingTransaction): Promise<void> {
    const price = raisedPrice(pending.price, await this.#deps.fees.current());
    if (price !== undefined) pending.resign({ price });
  }

  async #renumber(pending: PendingTransaction, nonce: number): Promise<void> {
    this.#kept.delete(pending.nonce);
    pending.resign({ nonce, price: await this.#deps.fees.current() });
  }

  /** Whether a transaction whose nonce is taken took it itself. */
  async #arrived(pending: PendingTransaction): Promise<boolean> {
    for (let attempt = 1; attempt <= RECEIPT_TRIES; attempt += 1) {
      if ((await pending.receipt(this.#deps.rpc)) !== undefined) return true;
      await this.#sleep(this.#options.firstPollMs * 2 ** attempt);
    }
    return false;
  }

  /** Why a transaction that looked good when estimated failed in its block. */
  async #failure({ sending }: PendingTransaction, { block }: TransactionReceipt): Promise<Error> {
    const { action, to } = sending;
    // A deployment would be at another address after it, a call is to be refused for what its own block did.
    const state = to === undefined ? block - 1 : block;
    try {
      await this.#deps.rpc.call("eth_call", [this.#asCall(sending), quantity(state)]);
    } catch (error) {
      return translate(error, { action, from: this.#deps.signer.address });
    }
    return translate({ error: { message: "the transaction failed in its block" } }, { action });
  }

  async #count(tag: "latest" | "pending"): Promise<number> {
    const answer = await this.#deps.rpc.call("eth_getTransactionCount", [this.#deps.signer.address, tag]);
    if (!isHex(answer)) throw malformed("transaction count");
    return Number(answer);
  }

  /** Keeps the process alive, unlike a wait on the clock: somebody waits for this transaction. */
  #sleep(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#options.signal });
  }

  #locked<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lock.then(work);
    this.#lock = result.catch(() => undefined);
    return result;
  }
}
