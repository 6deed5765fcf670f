import type { Commitment } from "../protocol/commitment.ts";
import type { ReceiptBundle } from "../protocol/receiptBundle.ts";
import type { Address } from "../util/types.ts";
import { type OrderTerms, signOrder } from "./order.ts";
import type { PooledMiner } from "./pooledMiner.ts";
import type { ReplicaOwners } from "./replicas.ts";
import { type RevealFrame, SealedAttempt } from "./sealedAttempt.ts";
import { countersign, sealAnswer } from "./sealAnswer.ts";
import type { DispatchDeps, DispatchOptions } from "./taskRun.ts";
import type { AttemptTrace } from "./trace.ts";
import { codeOf, outcomeOf, retryable } from "./verdict.ts";

/** Miners that one replica may have, one after the other. */
const TRIES = 2;

interface Sealed {
  readonly attempt: SealedAttempt;
  readonly miner: PooledMiner;
  readonly trace: AttemptTrace;
}

/** An answer that was shown, as it was signed for. */
export interface Revealed {
  readonly miner: PooledMiner;
  readonly commitment: Commitment;
  readonly frame: RevealFrame;
  readonly bundle: ReceiptBundle;
}

/** One of the answers that nobody sees before all have signed. */
export class Replica {
  readonly traces: AttemptTrace[] = [];
  readonly #terms: OrderTerms;
  readonly #options: DispatchOptions & { readonly replica: number; readonly owners: ReplicaOwners };
  readonly #deps: DispatchDeps;
  readonly #since: number;
  #sealed: Sealed | undefined;
  #commitment: Commitment | undefined;
  #over = false;
  #caught = false;

  constructor(
    terms: OrderTerms,
    options: DispatchOptions & { readonly replica: number; readonly owners: ReplicaOwners },
    deps: DispatchDeps,
  ) {
    this.#terms = terms;
    this.#options = options;
    this.#deps = deps;
    this.#since = deps.clock.now();
  }

  /** Who works at it, or did last. */
  get miner(): Address | undefined {
    return this.#sealed?.miner.address;
  }

  /** It signed for one answer and showed another one. */
  get caught(): boolean {
    return this.#caught;
  }

  get commitment(): Commitment | undefined {
    return this.#commitment;
  }

  /** Resolves when a miner has signed for its answer; undefined when none does. */
  async commit(signal: AbortSignal): Promise<Commitment | undefined> {
    for (let number = 0; number < TRIES && !this.#over && !signal.aborted; number += 1) {
      try {
        await this.#order(number, signal);
        const commitment = await this.#sealed?.attempt.commit(() => this.#acknowledged());
        if (!this.#over) this.#commitment = commitment;
        return commitment;
      } catch (error) {
        this.#lost(error);
        if (!retryable(error)) return undefined;
      }
    }
    return undefined;
  }

  /** Resolves with the answer; undefined when the miner does not show the one that it signed for. */
  async reveal(commitments: readonly Commitment[], late: readonly Address[]): Promise<Revealed | undefined> {
    const sealed = this.#sealed;
    const commitment = this.#commitment;
    if (sealed === undefined || commitment === undefined || this.#over) return undefined;
    try {
      const frame = await sealed.attempt.reveal(commitments, late);
      const bundle = await this.#pay(sealed, frame);
      return { miner: sealed.miner, commitment, frame, bundle };
    } catch (error) {
      this.#caught = codeOf(error) === "peer-protocol";
      this.#lost(error);
      return undefined;
    }
  }

  /** Nothing more is wanted of it. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    const sealed = this.#sealed;
    if (sealed === undefined || sealed.trace.end !== "running") return;
    sealed.trace.end = "late";
    sealed.attempt.end();
    this.#deps.pool.release(sealed.miner, { unjudged: true });
  }

  #acknowledged(): void {
    const { trace } = this.#sealed ?? {};
    if (trace !== undefined) trace.ackMs = this.#deps.clock.now() - this.#since - trace.sentMs;
  }

  async #order(number: number, signal: AbortSignal): Promise<void> {
    const { placement, chain, clock } = this.#deps;
    const { replica, owners, timeoutMs } = this.#options;
    const { model, input, params, account } = this.#terms.request;
    const avoid = new Set(this.traces.map(({ miner }) => miner));
    const wanted = { model, input, account, maxTokens: params.maxTokens, avoid, excludeOwners: owners.others(replica) };
    const { miner, decision, queuedMs } = await placement.place(wanted, { lost: false, signal });
    if (this.#over) return this.#deps.pool.release(miner, { unjudged: true });
    owners.take(replica, miner.owner);
    const frame = signOrder(this.#terms, { miner, number, resume: [], timeoutMs, replica }, this.#deps);
    const { promptPrice, outputPrice } = frame.order;
    const trace: AttemptTrace = {
      number,
      cause: "replica",
      miner: miner.address,
      decision,
      queuedMs,
      sentMs: clock.now() - this.#since,
      from: 0,
      to: 0,
      end: "running",
      feeWei: 0n,
      promptPrice,
      outputPrice,
    };
    this.traces.push(trace);
    const attempt = new SealedAttempt(frame, miner.link, {
      ...this.#deps,
      domain: chain.domain,
      limits: this.#options.limits,
    });
    this.#sealed = { attempt, miner, trace };
  }

  async #pay({ attempt, miner, trace }: Sealed, reveal: RevealFrame): Promise<ReceiptBundle> {
    const { ledger, pool, clock } = this.#deps;
    const { id, request, salt } = this.#terms;
    const { durationMs, frame } = attempt;
    const { receipt, ids, text, finish } = reveal;
    // Its first token was seen by nobody.
    const times = { ttftMs: durationMs, durationMs };
    const part = countersign({ frame, receipt, ...times }, this.#deps);
    const parts = [this.#deps.receipts.keep({ part, frame, ids }, miner)];
    const answer = { request, parts, salt, ids, text, network: this.#options.network, model: miner.modelName };
    const bundle = sealAnswer(answer, this.#deps);
    const paid = { account: request.account, task: id, session: miner.session, receipt: receipt.record };
    const edge = await ledger.settle({ ...paid, at: clock.now() });
    miner.link.pay(edge);
    const paidFor = { promptTokens: receipt.record.promptTokens, outputTokens: ids.length };
    Object.assign(trace, { end: finish, to: ids.length, feeWei: receipt.record.fee, durationMs, paid: paidFor });
    attempt.end();
    pool.release(miner, { unjudged: true });
    return bundle;
  }

  #lost(error: unknown): void {
    const sealed = this.#sealed;
    if (sealed === undefined || sealed.trace.end !== "running") return;
    sealed.trace.end = codeOf(error);
    sealed.trace.message = error instanceof Error ? error.message : String(error);
    sealed.attempt.end();
    this.#commitment = undefined;
    this.#deps.pool.release(sealed.miner, outcomeOf(error));
    this.#deps.log.warn("replica failed", {
      task: this.#terms.id,
      miner: sealed.miner.address,
      why: sealed.trace.message,
    });
  }
}
