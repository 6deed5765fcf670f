import { setTimeout as sleep } from "node:timers/promises";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Signer } from "../../keys/interface.ts";
import type { Log } from "../../observability/log.ts";
import type { Hex } from "../../util/types.ts";
import { isHex, malformed, quantity } from "./blocks.ts";
import type { Rpc } from "./failoverRpc.ts";
import type { Fees, GasPrice } from "./fees.ts";
import { KeptTransactions } from "./keptTransactions.ts";
import { readReceipt, type TransactionReceipt } from "./receipts.ts";
import { type Call, type SignedTransaction, signTransaction } from "./signTransaction.ts";
import { isKnownTransaction, isNonceTaken, translate } from "./translate.ts";

const TRIES = 5;
const REBROADCAST_MS = 3000;
/** Endpoints behind one address are not always at the same block. */
const RECEIPT_TRIES = 4;

export interface QueueOptions {
  readonly chainId: number;
  /** First wait for a receipt; doubles up to `longestPollMs`. */
  readonly firstPollMs: number;
  readonly longestPollMs: number;
  /** Longest wait for a block. */
  readonly patienceMs: number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

export interface QueueDeps {
  readonly rpc: Rpc;
  readonly fees: Fees;
  readonly signer: Signer;
  readonly log: Log;
}

export interface Sending extends Call {
  /** As a verb, for errors. */
  readonly action: string;
  /** Estimated when not given. */
  readonly gasLimit?: bigint;
}

interface Pending {
  readonly sending: Sending;
  readonly gasLimit: bigint;
  nonce: number;
  price: GasPrice;
  /** The newest version; all of one nonce. */
  signed: SignedTransaction;
  readonly hashes: Hex[];
}

/**
 * The transactions of one key: numbered here, sent in order, sent again until they are in a block, and once more when
 * that block is taken back. One transaction is never signed for two nonces while either could still get into a block.
 */
export class TransactionQueue {
  readonly #options: QueueOptions;
  readonly #deps: QueueDeps;
  readonly #kept = new KeptTransactions();
  readonly #inFlight = new Set<Pending>();
  #next = 0;
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

  /** Sends again what the chain no longer shows, after it went back. Never throws. */
  async resend(): Promise<void> {
    try {
      await this.#locked(() => this.#resendKept());
    } catch (error) {
      this.#deps.log.warn("transactions could not be sent again", { address: this.#deps.signer.address }, error);
    }
  }

  #asCall({ to, data, valueWei = 0n }: Call): Record<string, string> {
    return { from: this.#deps.signer.address, ...(to === undefined ? {} : { to }), data, value: quantity(valueWei) };
  }

  async #launch(sending: Sending, gasLimit: bigint): Promise<Pending> {
    const [price] = await Promise.all([this.#deps.fees.current(), this.#synchronise()]);
    const nonce = this.#next;
    const signed = this.#sign(sending, { nonce, gasLimit, price });
    const pending: Pending = { sending, gasLimit, nonce, price, signed, hashes: [signed.hash] };
    await this.#broadcast(pending);
    this.#inFlight.add(pending);
    this.#next = pending.nonce + 1;
    this.#kept.add(pending.nonce, pending.signed);
    return pending;
  }

  /** The next nonce. While transactions are on their way the count is ours; otherwise the chain is asked. */
  async #synchronise(): Promise<void> {
    if (this.#inFlight.size > 0) return;
    const count = await this.#count("pending");
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

  async #broadcast(pending: Pending): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#deps.rpc.call("eth_sendRawTransaction", [pending.signed.raw]);
        return;
      } catch (error) {
        if (isKnownTransaction(error)) return;
        const { action } = pending.sending;
        if (!isNonceTaken(error) || attempt === TRIES)
          throw translate(error, { action, from: this.#deps.signer.address });
        // An endpoint that timed out may have passed it on all the same.
        if (await this.#arrived(pending)) return;
        await this.#renumber(pending, Math.max(await this.#count("pending"), pending.nonce + 1));
      }
    }
  }

  async #mined(pending: Pending): Promise<TransactionReceipt> {
    const { firstPollMs, longestPollMs, patienceMs } = this.#options;
    const begin = performance.now();
    let sentAt = begin;
    let unreachable: unknown;
    for (
      let pollMs = firstPollMs;
      performance.now() - begin < patienceMs;
      pollMs = Math.min(2 * pollMs, longestPollMs)
    ) {
      try {
        const receipt = await this.#receipt(pending);
        if (receipt !== undefined) return receipt;
        if (performance.now() - sentAt >= REBROADCAST_MS) {
          await this.#locked(() => this.#nudge(pending));
          sentAt = performance.now();
        }
        unreachable = undefined;
      } catch (error) {
        if (!(error instanceof CortensorError) || error.code !== "rpc-unreachable") throw error;
        unreachable = error;
      }
      await sleep(pollMs, undefined, { signal: this.#options.signal });
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
  async #nudge(pending: Pending): Promise<void> {
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
    this.#kept.add(pending.nonce, pending.signed);
  }

  #inFlightAt(nonce: number): boolean {
    return [...this.#inFlight].some((pending) => pending.nonce === nonce);
  }

  /** Same nonce, higher fee, when the base fee has outgrown the old one. */
  async #raise(pending: Pending): Promise<void> {
    const { price } = pending;
    const now = await this.#deps.fees.current();
    if ("gasPrice" in price || "gasPrice" in now) return;
    if (now.maxFeePerGas < 2n * price.maxFeePerGas) return;
    // A replacement must pay a tenth more of both.
    const tipWei = (price.maxPriorityFeePerGas * 9n) / 8n + 1n;
    pending.price = {
      maxPriorityFeePerGas: tipWei > now.maxPriorityFeePerGas ? tipWei : now.maxPriorityFeePerGas,
      maxFeePerGas: now.maxFeePerGas + tipWei,
    };
    this.#resign(pending);
  }

  async #renumber(pending: Pending, nonce: number): Promise<void> {
    this.#kept.delete(pending.nonce);
    pending.nonce = nonce;
    pending.price = await this.#deps.fees.current();
    this.#resign(pending);
  }

  #resign(pending: Pending): void {
    pending.signed = this.#sign(pending.sending, pending);
    pending.hashes.push(pending.signed.hash);
  }

  #sign(
    call: Call,
    { nonce, gasLimit, price }: { nonce: number; gasLimit: bigint; price: GasPrice },
  ): SignedTransaction {
    return signTransaction({ ...call, chainId: this.#options.chainId, nonce, gasLimit, price }, this.#deps.signer);
  }

  /** Whether a transaction whose nonce is taken took it itself. */
  async #arrived(pending: Pending): Promise<boolean> {
    for (let attempt = 1; attempt <= RECEIPT_TRIES; attempt += 1) {
      if ((await this.#receipt(pending)) !== undefined) return true;
      await sleep(this.#options.longestPollMs, undefined, { signal: this.#options.signal });
    }
    return false;
  }

  async #receipt(pending: Pending): Promise<TransactionReceipt | undefined> {
    for (const hash of pending.hashes) {
      const receipt = await readReceipt(this.#deps.rpc, hash);
      if (receipt !== undefined) return receipt;
    }
    return undefined;
  }

  /** Why a transaction that looked good when estimated failed in its block. */
  async #failure({ sending }: Pending, { block }: TransactionReceipt): Promise<Error> {
    const { action } = sending;
    try {
      await this.#deps.rpc.call("eth_call", [this.#asCall(sending), quantity(block)]);
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

  #locked<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lock.then(work);
    this.#lock = result.catch(() => undefined);
    return result;
  }
}
