import type { Chain } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Recover, Signer } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import type { WorkMeter } from "../observability/work.ts";
import type { ReceiptBundle, ReceiptPart } from "../protocol/receiptBundle.ts";
import { paidTokens } from "../protocol/price.ts";
import { CREATED, canTake, next, type TaskEvent } from "../protocol/task.ts";
import type { Receipt } from "../protocol/records.ts";
import { Attempt, type AttemptEnd, type AttemptLimits, type AttemptPart } from "./attempt.ts";
import type { Wanted } from "./choice.ts";
import type { Hedging } from "./hedging.ts";
import type { RouterLedger } from "./ledger.ts";
import { type OrderTerms, signOrder } from "./order.ts";
import type { Placed, Placement } from "./placement.ts";
import { type Contender, type HedgeTimer, type Lost, race } from "./race.ts";
import type { MinerPool, PooledMiner } from "./minerPool.ts";
import type { MinerSessions } from "./minerSessions.ts";
import type { ReceiptKeeper } from "./receiptKeeper.ts";
import type { ReplicaOwners } from "./replicas.ts";
import { countersign, sealAnswer } from "./sealAnswer.ts";
import type { AnswerEvent, AnswerFinish } from "./task.ts";
import type { ThresholdCard } from "../protocol/thresholdCard.ts";
import type { Clock, Hex } from "../util/types.ts";
import { codeOf, outcomeOf, reasonOf, retryable } from "./verdict.ts";
import type { AttemptCause, AttemptTrace, TaskTrace } from "./trace.ts";
import type { TraceBook } from "./traceBook.ts";

export interface DispatchOptions {
  readonly network: string;
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly limits: AttemptLimits;
  /** With redundancy: who the other replicas belong to. */
  readonly owners?: ReplicaOwners;
}

export interface DispatchDeps {
  readonly chain: Chain;
  readonly signer: Signer;
  readonly recover: Recover;
  readonly ledger: RouterLedger;
  readonly pool: MinerPool;
  readonly placement: Placement;
  readonly hedging: Hedging;
  readonly sessions: MinerSessions;
  readonly traces: TraceBook;
  readonly receipts: ReceiptKeeper;
  readonly work: WorkMeter;
  readonly clock: Clock;
  readonly log: Log;
  randomBytes32(): Hex;
  /** What honest answers of a model look like to another machine; undefined when nobody measured that. */
  card?(modelId: Hex): ThresholdCard | undefined;
}

/**
 * One task from its first order to its end. Whatever happens to miners, the client gets one stream: a miner that is lost is
 * followed by another that goes on after the last token that was passed on.
 */
export class TaskRun {
  readonly trace: TaskTrace;
  readonly #terms: OrderTerms;
  readonly #options: DispatchOptions;
  readonly #deps: DispatchDeps;
  readonly #stop = new AbortController();
  readonly #ids: number[] = [];
  readonly #parts: ReceiptPart[] = [];
  #text = "";
  #ttftMs: number | undefined;

  constructor(terms: OrderTerms, options: DispatchOptions, deps: DispatchDeps) {
    this.#terms = terms;
    this.#options = options;
    this.#deps = deps;
    this.trace = {
      id: terms.id,
      account: terms.request.account,
      model: terms.request.model,
      createdAt: deps.clock.now(),
      state: CREATED,
      promptTokens: 0,
      outputTokens: 0,
      durationMs: 0,
      costWei: 0n,
      attempts: [],
    };
  }

  /** Ends the task as if its client had gone away. */
  cancel(): void {
    this.#stop.abort(new CortensorError("task-cancelled", "the task was cancelled", { try: "cortensor task list" }));
  }

  async *answer(clientSignal: AbortSignal): AsyncGenerator<AnswerEvent> {
    const { timeoutMs } = this.#options;
    let late: CortensorError | undefined;
    const cancelTimeout = this.#deps.clock.after(timeoutMs, () => {
      late = new CortensorError("timeout", `no whole answer within ${timeoutMs / 1000} s`);
      this.#stop.abort(late);
    });
    const signal = AbortSignal.any([clientSignal, this.#stop.signal]);
    try {
      yield* this.#attempts(signal);
    } catch (error) {
      const event = signal.aborted ? ({ type: "cancel" } as const) : ({ type: "fail", code: codeOf(error) } as const);
      if (canTake(this.trace.state, event.type)) this.#move(event);
      throw this.#stop.signal.aborted ? this.#stop.signal.reason : error;
    } finally {
      cancelTimeout();
      if (signal.aborted) this.trace.stoppedBy = stoppedBy(this.#stop.signal, late);
      this.trace.durationMs = this.#sinceMs();
      this.trace.costWei = this.#costWei();
    }
  }

  async *#attempts(signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    for (;;) {
      try {
        const lead = await this.#begin(signal);
        return yield* this.#relay(lead, signal);
      } catch (error) {
        const left = this.#options.attempts - this.trace.attempts.length;
        if (left > 0 && !signal.aborted && retryable(error)) continue;
        if (this.#ids.length === 0 || signal.aborted) throw this.#final(error);
        const end = this.#broken(error);
        await this.#deps.receipts.synced();
        return yield end;
      }
    }
  }

  /** Chooses a miner, waiting for a slot if need be, and orders from it. */
  async #begin(signal: AbortSignal): Promise<Contender> {
    const tried = this.trace.attempts;
    const cause: AttemptCause = this.#ids.length > 0 ? "failover" : tried.length > 0 ? "retry" : "first";
    const placed = await this.#deps.placement.place(this.#wanted(), { lost: tried.length > 0, signal });
    return this.#order(placed, { cause, signal });
  }

  #wanted(): Wanted {
    const { model, input, params, account, prefer, spread } = this.#terms.request;
    const avoid = new Set([...this.trace.attempts.map(({ miner }) => miner), ...(spread ?? [])]);
    const excludeOwners = this.#options.owners?.others(0);
    return {
      model,
      input,
      maxTokens: params.maxTokens,
      avoid,
      account,
      ...(prefer !== undefined && { prefer }),
      ...(excludeOwners !== undefined && { excludeOwners }),
    };
  }

  #order(placed: Placed, { cause, signal }: { cause: AttemptCause; signal: AbortSignal }): Contender {
    const { chain, recover, clock, hedging } = this.#deps;
    const { miner, decision, queuedMs } = placed;
    this.#options.owners?.take(0, miner.owner);
    this.#terms.request.spread?.add(miner.address);
    const number = this.trace.attempts.length;
    const frame = signOrder(this.#terms, { miner, number, resume: [...this.#ids], ...this.#options }, this.#deps);
    const { promptPrice, outputPrice } = frame.order;
    const from = this.#ids.length;
    const about = { number, cause, miner: miner.address, decision, queuedMs, sentMs: this.#sinceMs() };
    const trace: AttemptTrace = { ...about, from, to: from, end: "running", feeWei: 0n, promptPrice, outputPrice };
    this.trace.attempts.push(trace);
    if (cause !== "hedge") this.#move({ type: "assign", miner: miner.address });
    hedging.ordered();
    const attempt = new Attempt(frame, miner.link, {
      domain: chain.domain,
      recover,
      clock,
      limits: this.#options.limits,
      onAcknowledged: () => {
        trace.ackMs = this.#sinceMs() - trace.sentMs;
        if (this.trace.state.miner === miner.address) this.#move({ type: "acknowledge" });
      },
      onReceipt: (receipt) => this.#settle(miner, receipt),
    });
    // Hashing the order took milliseconds that are not the miner's.
    trace.sentMs = this.#sinceMs();
    return { attempt, run: attempt.run(signal), miner, trace };
  }

  /** Passes the answer of the quickest contender on, from its first token to its end. */
  async *#relay(lead: Contender, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    const { first, losers } = await race(lead, {
      timer: (leastMs) => this.#hedgeTimer(lead, leastMs),
      second: () => this.#second(lead, signal),
      lost: (lost) => this.#lost(lost),
    });
    const { contender } = first;
    const { miner, run } = contender;
    this.#won(contender, losers);
    yield { type: "start", taskId: this.#terms.id, model: miner.modelName, miner: miner.address };
    try {
      let step = first.next;
      for (; step.done !== true; step = await run.next()) {
        this.#took(contender, step.value);
        yield { type: "text", ...step.value };
      }
      yield await this.#finish(contender, step.value);
    } catch (error) {
      this.#lost({ contender, error });
      throw error;
    }
  }

  #hedgeTimer({ miner }: Contender, leastMs: number): HedgeTimer | undefined {
    const { hedging, clock } = this.#deps;
    if (this.#terms.request.prefer !== undefined || this.trace.attempts.length >= this.#options.attempts)
      return undefined;
    const afterMs = hedging.afterMs(miner.modelId);
    if (afterMs === undefined) return undefined;
    const { promise, resolve } = Promise.withResolvers<"late">();
    return { late: promise, cancel: clock.after(Math.max(afterMs, leastMs), () => resolve("late")) };
  }

  #second(lead: Contender, signal: AbortSignal): Contender | undefined {
    const { pool, hedging } = this.#deps;
    if (signal.aborted || lead.trace.end !== "running") return undefined;
    const choice = pool.choose(this.#wanted());
    if (choice.miner === undefined) return undefined;
    if (choice.miner.address !== lead.miner.address && hedging.spend())
      return this.#order({ ...choice, queuedMs: 0 }, { cause: "hedge", signal });
    pool.release(choice.miner, { unjudged: true });
    return undefined;
  }

  #won(winner: Contender, losers: readonly Contender[]): void {
    for (const { attempt, miner, trace } of losers) {
      attempt.abandon();
      this.#deps.pool.release(miner, { unjudged: true });
      trace.end = "slower";
    }
    if (this.trace.state.miner === winner.miner.address) return;
    if (this.trace.state.miner !== undefined) this.#move({ type: "lose", code: "slower" });
    this.#move({ type: "assign", miner: winner.miner.address });
    this.#move({ type: "acknowledge" });
  }

  #took({ attempt, miner, trace }: Contender, part: AttemptPart): void {
    const { hedging, work } = this.#deps;
    if (trace.ttftMs === undefined && attempt.ttftMs !== undefined) {
      trace.ttftMs = attempt.ttftMs;
      hedging.firstToken(miner.modelId, attempt.ttftMs);
      if (this.#ttftMs === undefined) work.firstToken(this.#sinceMs());
      this.#ttftMs ??= this.#sinceMs();
    }
    this.#ids.push(...part.ids);
    this.#text += part.text;
    trace.to = this.#ids.length;
    if (part.ids.length > 0) this.#move({ type: "tokens", outputTokens: this.#ids.length });
    work.tokens(part.ids.length);
  }

  async #finish(contender: Contender, end: AttemptEnd): Promise<AnswerFinish> {
    const { pool, ledger, sessions, work, placement } = this.#deps;
    const { attempt, miner, trace } = contender;
    const { request } = this.#terms;
    this.#move({ type: "commit", finish: end.finish });
    this.#part(contender);
    this.#move({ type: "validate" });
    const bundle = this.#seal(miner.modelName);
    await this.#settle(miner, end.receipt.record, bundle);
    this.#move({ type: "close" });
    trace.end = end.finish;
    const { promptTokens, durationMs } = attempt;
    const ttftMs = attempt.ttftMs ?? durationMs;
    pool.release(miner, {
      ttftMs,
      durationMs,
      promptTokens,
      outputTokens: attempt.ids.length,
      account: request.account,
    });
    placement.answered(request.model, this.#sinceMs());
    work.taskDone({ promptTokens, outputTokens: this.#ids.length, durationMs: this.#sinceMs() });
    const edge = ledger.edge(miner.session);
    if (edge !== undefined) sessions.refill(edge);
    return this.#finished({ finish: end.finish, promptTokens, bundle });
  }

  /** An answer that no miner could go on with: its client is told, and billed for receipts only. */
  #broken(error: unknown): AnswerFinish {
    const { miner } = this.trace.attempts.at(-1) ?? {};
    this.#move({ type: "fail", code: codeOf(error) });
    this.#deps.work.taskFailed();
    this.#deps.log.warn("answer broke off", { task: this.trace.id, miner, tokens: this.#ids.length }, error);
    const bundle = this.#parts.length === 0 ? undefined : this.#seal(this.trace.model);
    const promptTokens = this.#parts.at(-1)?.receipt.promptTokens ?? 0;
    const { code, message } = this.#final(error) as CortensorError;
    return { ...this.#finished({ finish: "error", promptTokens, bundle }), error: { code, message } };
  }

  #finished({ finish, promptTokens, bundle }: Pick<AnswerFinish, "finish" | "promptTokens" | "bundle">): AnswerFinish {
    const costWei = this.#costWei();
    const outputTokens = this.#ids.length;
    Object.assign(this.trace, { promptTokens, outputTokens, costWei, receipt: bundle?.id });
    return {
      type: "finish",
      finish,
      text: this.#text,
      promptTokens,
      outputTokens,
      costWei,
      bundle,
      attempts: this.trace.attempts.map(({ miner, end, from, to, ttftMs }) => ({
        miner,
        reason: end,
        tokens: to - from,
        ttftMs: ttftMs ?? null,
      })),
      ttftMs: this.#ttftMs ?? 0,
      durationMs: this.#sinceMs(),
    };
  }

  #costWei(): bigint {
    return this.#parts.reduce((sum, { receipt }) => sum + this.#deps.ledger.chargeOf(receipt.fee), 0n);
  }

  #lost({ contender, error }: Lost): void {
    const { pool, log } = this.#deps;
    const { miner, trace } = contender;
    if (trace.end !== "running") return;
    trace.end = codeOf(error);
    trace.message = error instanceof Error ? error.message : String(error);
    trace.reason = reasonOf(error);
    pool.release(miner, outcomeOf(error));
    this.#part(contender);
    if (this.trace.state.miner === miner.address && canTake(this.trace.state, "lose"))
      this.#move({ type: "lose", code: trace.end });
    const { number, cause } = trace;
    if (trace.end !== "context-length" && trace.end !== "interrupted")
      log.warn("attempt failed", { task: this.trace.id, miner: miner.address, number, cause, why: trace.message });
  }

  /** What the attempt was paid for becomes a part of the answer's receipt. */
  #part({ attempt, miner, trace }: Contender): void {
    const { receipt, frame, durationMs, ttftMs = durationMs } = attempt;
    trace.durationMs = durationMs;
    if (receipt === undefined) return;
    trace.feeWei = receipt.record.fee;
    trace.paid = paidTokens(receipt.record);
    const part = countersign({ frame, receipt, ttftMs, durationMs }, this.#deps);
    this.#parts.push(this.#deps.receipts.keep({ part, frame, ids: attempt.ids }, miner));
  }

  #seal(model: string): ReceiptBundle {
    const { request, salt } = this.#terms;
    const answer = { request, salt, parts: this.#parts, ids: this.#ids, text: this.#text, model };
    return sealAnswer({ ...answer, network: this.#options.network }, this.#deps);
  }

  /** Books a receipt and pays it; only then is the work acknowledged to the client. */
  async #settle(miner: PooledMiner, receipt: Receipt, bundle?: ReceiptBundle): Promise<void> {
    const { ledger, clock } = this.#deps;
    const { id, request } = this.#terms;
    const edge = await ledger.settle({
      account: request.account,
      task: id,
      session: miner.session,
      receipt,
      at: clock.now(),
      ...(bundle !== undefined && { bundle }),
    });
    miner.link.pay(edge);
  }

  #final(error: unknown): unknown {
    const { attempts } = this.trace;
    if (!(error instanceof CortensorError) || error.code === "context-length" || attempts.length === 0) return error;
    const emitted = this.#ids.length;
    const said =
      emitted > 0
        ? `the answer broke off after ${emitted} tokens`
        : `no miner answered in ${attempts.length} ${attempts.length === 1 ? "attempt" : "attempts"}`;
    return new CortensorError(error.code === "timeout" ? "timeout" : "task-failed", said, {
      why: attempts.map(({ message, end }) => ["seen", message ?? end] as const),
      data: { emitted, attempts: attempts.length, retryable: true },
      cause: error,
    });
  }

  #move(event: TaskEvent): void {
    this.trace.state = next(this.trace.state, event);
  }

  #sinceMs(): number {
    return this.#deps.clock.now() - this.trace.createdAt;
  }
}

function stoppedBy(stop: AbortSignal, late: unknown): "client" | "command" | "timeout" {
  if (!stop.aborted) return "client";
  return stop.reason === late ? "timeout" : "command";
}
