import type { Chain } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Recover, Signer } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import type { WorkMeter } from "../observability/work.ts";
import { digest, orderHash } from "../protocol/eip712.ts";
import { idsHash, inputHash, paramsHash, taskId, taskSeed } from "../protocol/hash.ts";
import { ceilingOf } from "../protocol/price.ts";
import type { ReceiptBundle } from "../protocol/receiptBundle.ts";
import { finishReasonOf, ORDER_KIND, type Order, type Receipt } from "../protocol/records.ts";
import type { Clock, Hex } from "../util/types.ts";
import { Attempt, type AttemptEnd, type AttemptLimits, type OrderFrame } from "./attempt.ts";
import { sealAnswer } from "./sealAnswer.ts";
import { payFrame, type RouterLedger } from "./ledger.ts";
import type { MinerPool, PooledMiner } from "./minerPool.ts";
import type { MinerSessions } from "./minerSessions.ts";
import type { AnswerEvent, AttemptNote, TaskRequest } from "./task.ts";

interface Options {
  readonly network: string;
  readonly attempts: number;
  readonly queueMs: number;
  readonly timeoutMs: number;
  readonly limits: AttemptLimits;
}

interface Deps {
  readonly chain: Chain;
  readonly signer: Signer;
  readonly recover: Recover;
  readonly ledger: RouterLedger;
  readonly pool: MinerPool;
  readonly sessions: MinerSessions;
  readonly work: WorkMeter;
  readonly clock: Clock;
  readonly log: Log;
  randomBytes32(): Hex;
}

interface Call {
  readonly signal: AbortSignal;
  readonly depositWei: bigint;
}

/** What does not change between the attempts at one task. */
interface Task {
  readonly id: Hex;
  readonly request: TaskRequest;
  readonly salt: Hex;
  readonly input: Hex;
  readonly params: Hex;
  readonly seed: bigint;
}

/** Leads tasks through their attempts: choose, order, relay, settle. */
export class Dispatcher {
  readonly #options: Options;
  readonly #deps: Deps;
  readonly #running = new Set<Hex>();
  #reservedWei = 0n;
  #wakeIdle = (): void => {};

  constructor(options: Options, deps: Deps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Resolves when no task runs, or after the time. */
  async idle(withinMs: number): Promise<void> {
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.after(withinMs, resolve);
      this.#wakeIdle = () => {
        cancel();
        resolve();
      };
    });
  }

  async *answer(request: TaskRequest, call: Call): AsyncGenerator<AnswerEvent> {
    const { ledger, signer, work } = this.#deps;
    const id = taskId({ router: signer.address, account: request.account, requestId: request.requestId });
    const stored = ledger.answer(id);
    if (stored !== undefined) {
      yield* replay(stored, ledger.chargeOf(stored.receipt.fee));
      return;
    }
    if (this.#running.has(id))
      throw new CortensorError("bad-request", `the request ${request.requestId} is being answered already`);
    const ceilingWei = this.#reserve(request, call.depositWei);
    this.#running.add(id);
    work.taskStarted();
    try {
      yield* this.#attempts(this.#task(id, request), call.signal);
    } catch (error) {
      work.taskFailed();
      throw error;
    } finally {
      this.#reservedWei -= ceilingWei;
      this.#running.delete(id);
      if (this.#running.size === 0) this.#wakeIdle();
    }
  }

  /** Holds the highest cost of the answer against the deposit of the client session. */
  #reserve(request: TaskRequest, depositWei: bigint): bigint {
    const { pool, ledger } = this.#deps;
    const model = pool.models().find(({ name, modelId }) => name === request.model || modelId === request.model);
    if (model === undefined) throw unserved(request.model, pool);
    const { maxTokens } = request.params;
    const ceilingWei = ledger.chargeOf(ceilingOf({ ...model, input: request.input, maxTokens }));
    const usedWei = (ledger.clientEdge?.voucher.record.cumulative ?? 0n) + this.#reservedWei;
    if (usedWei + ceilingWei > depositWei)
      throw new CortensorError("deposit-low", "the deposit that pays for API keys does not cover this answer", {
        data: { depositWei, usedWei, ceilingWei },
        try: "cortensor session list",
      });
    this.#reservedWei += ceilingWei;
    return ceilingWei;
  }

  #task(id: Hex, request: TaskRequest): Task {
    const salt = this.#deps.randomBytes32();
    const { input, params, requestId, clientSeed } = request;
    const seed = taskSeed({ requestId, input, ...(clientSeed !== undefined && { clientSeed }) });
    return { id, request, salt, input: inputHash(salt, input), params: paramsHash(params), seed };
  }

  async *#attempts(task: Task, clientSignal: AbortSignal): AsyncGenerator<AnswerEvent> {
    const { pool, clock, log } = this.#deps;
    const timeout = new AbortController();
    const cancelTimeout = clock.after(this.#options.timeoutMs, () => timeout.abort());
    const signal = AbortSignal.any([clientSignal, timeout.signal]);
    const notes: AttemptNote[] = [];
    try {
      for (let number = 0; ; number += 1) {
        const miner = await this.#choose(task, { notes, signal });
        try {
          return yield* this.#attempt(task, { miner, number, signal, notes });
        } catch (error) {
          const { retryable, emitted } = verdictOn(error);
          pool.release(miner, { broken: brokenBy(error) });
          notes.push({
            miner: miner.address,
            reason: error instanceof Error ? error.message : String(error),
            tokens: emitted,
            ttftMs: null,
          });
          log.warn("attempt failed", { task: task.id, miner: miner.address, attempt: number, emitted }, error);
          if (emitted > 0 || !retryable || number + 1 >= this.#options.attempts || signal.aborted)
            throw this.#final(error, { notes, emitted });
        }
      }
    } finally {
      cancelTimeout();
    }
  }

  /** A miner with a free slot, waiting for one when all are taken. */
  async #choose(
    task: Task,
    { notes, signal }: { notes: readonly AttemptNote[]; signal: AbortSignal },
  ): Promise<PooledMiner> {
    const { pool, clock } = this.#deps;
    const { request } = task;
    const until = clock.now() + this.#options.queueMs;
    for (;;) {
      const tried = new Set(notes.map(({ miner }) => miner));
      const choice = pool.choose({
        model: request.model,
        input: request.input,
        maxTokens: request.params.maxTokens,
        avoid: tried,
      });
      if (choice.miner !== undefined) return choice.miner;
      // A miner that was lost in the middle of this task may come back; one that never was will not.
      if (choice.reason === "unserved" && notes.length === 0) throw unserved(request.model, pool);
      const leftMs = until - clock.now();
      if (leftMs <= 0) throw exhausted(request.model, { lost: choice.reason === "unserved", pool });
      await pool.untilFree(Math.min(leftMs, 1000), signal);
      signal.throwIfAborted();
    }
  }

  async *#attempt(
    task: Task,
    {
      miner,
      number,
      signal,
      notes,
    }: { miner: PooledMiner; number: number; signal: AbortSignal; notes: readonly AttemptNote[] },
  ): AsyncGenerator<AnswerEvent> {
    const { pool, ledger, chain, recover, clock, sessions, work } = this.#deps;
    const frame = this.#order(task, { miner, number });
    const attempt = new Attempt(frame, miner.link, {
      domain: chain.domain,
      recover,
      clock,
      limits: this.#options.limits,
      onReceipt: (receipt) => this.#settle(task, { miner, receipt }),
    });
    yield { type: "start", taskId: task.id, model: miner.modelName, miner: miner.address };
    const run = attempt.run(signal);
    let next = await run.next();
    while (next.done !== true) {
      yield { type: "text", ...next.value };
      work.tokens(next.value.ids.length);
      next = await run.next();
    }
    const end: AttemptEnd = next.value;
    const bundle = sealAnswer(
      { request: task.request, frame, end, network: this.#options.network, model: miner.modelName },
      this.#deps,
    );
    await this.#settle(task, { miner, receipt: end.receipt.record, bundle });
    const outputTokens = end.ids.length;
    pool.release(miner, {
      ttftMs: end.ttftMs,
      durationMs: end.durationMs,
      promptTokens: attempt.promptTokens,
      outputTokens,
    });
    work.firstToken(end.ttftMs);
    work.taskDone({ promptTokens: attempt.promptTokens, outputTokens, durationMs: end.durationMs });
    const edge = ledger.edge(miner.session);
    if (edge !== undefined) sessions.refill(edge);
    yield {
      type: "finish",
      finish: end.finish,
      promptTokens: attempt.promptTokens,
      outputTokens,
      costWei: ledger.chargeOf(end.receipt.record.fee),
      bundle,
      attempts: [...notes, { miner: miner.address, reason: end.finish, tokens: outputTokens, ttftMs: end.ttftMs }],
      ttftMs: end.ttftMs,
      durationMs: end.durationMs,
    };
  }

  #order(task: Task, { miner, number }: { miner: PooledMiner; number: number }): OrderFrame {
    const { chain, signer } = this.#deps;
    const { request } = task;
    const order: Order = {
      task: task.id,
      attempt: number,
      replica: 0,
      kind: ORDER_KIND.generate,
      epoch: chain.epoch().epoch,
      router: signer.address,
      miner: miner.address,
      session: miner.session,
      model: miner.modelId,
      input: task.input,
      params: task.params,
      seed: task.seed,
      from: 0,
      resume: idsHash([]),
      maxTokens: request.params.maxTokens,
      promptPrice: miner.promptPrice,
      outputPrice: miner.outputPrice,
      deadlineMs: this.#options.timeoutMs,
      expiresAt: chain.head().timestamp + chain.parameters.orderLifetimeSeconds,
    };
    const signature = signer.sign(digest(chain.domain, orderHash(order)));
    return {
      type: "order",
      order,
      signature,
      input: request.input,
      salt: task.salt,
      params: request.params,
      resume: [],
    };
  }

  /** Books a receipt and pays it; only then is the work acknowledged to the client. */
  async #settle(
    task: Task,
    { miner, receipt, bundle }: { miner: PooledMiner; receipt: Receipt; bundle?: ReceiptBundle },
  ): Promise<void> {
    const { ledger, clock } = this.#deps;
    const at = clock.now();
    const edge = await ledger.settle({
      account: task.request.account,
      task: task.id,
      session: miner.session,
      receipt,
      at,
      ...(bundle !== undefined && { bundle }),
    });
    // A line that ended meanwhile gets the voucher with its next hello.
    if (miner.link.open) miner.link.send(payFrame(edge));
  }

  #final(error: unknown, { notes, emitted }: { notes: readonly AttemptNote[]; emitted: number }): unknown {
    if (!(error instanceof CortensorError)) return error;
    if (error.code === "context-length") return error;
    const tried = notes.map(({ reason }) => ["seen", reason] as const);
    const said =
      emitted > 0 ? `the answer broke off after ${emitted} tokens` : `no miner answered in ${notes.length} attempts`;
    return new CortensorError(error.code === "timeout" ? "timeout" : "task-failed", said, {
      why: tried,
      data: { emitted, attempts: notes.length, retryable: true },
      cause: error,
    });
  }
}

function verdictOn(error: unknown): { retryable: boolean; emitted: number } {
  const data = error instanceof CortensorError ? error.details.data : undefined;
  return { retryable: data?.retryable === true, emitted: typeof data?.emitted === "number" ? data.emitted : 0 };
}

/** A refusal costs a miner nothing; whatever else ends an attempt breaks its promise. */
function brokenBy(error: unknown): boolean {
  return !(error instanceof CortensorError && error.details.data?.refused === true);
}

function exhausted(model: string, { lost, pool }: { lost: boolean; pool: MinerPool }): CortensorError {
  if (lost)
    return new CortensorError("no-capacity", `every miner that serves ${model} was lost`, { try: "cortensor status" });
  return new CortensorError("rate-limited", `every slot for ${model} is taken`, {
    data: { retryAfterS: pool.retryAfterSeconds() },
  });
}

function unserved(model: string, pool: MinerPool): CortensorError {
  const served = pool.models().map(({ name }) => name);
  const said = served.length > 0 ? `Served: ${served.join(", ")}.` : "No miner is connected.";
  return new CortensorError("model-unserved", `nobody serves "${model}" here. ${said}`, {
    data: { model, served },
    try: served.length > 0 ? `cortensor submit ... --model ${served[0]}` : "cortensor miner start",
  });
}

/** The stored answer of a request that comes again; it is not billed twice. */
function* replay(bundle: ReceiptBundle, costWei: bigint): Generator<AnswerEvent> {
  const { order, receipt, countersigned } = bundle;
  const { ttftMs, durationMs } = countersigned;
  yield { type: "start", taskId: order.task, model: bundle.model.name, miner: order.miner };
  yield { type: "text", text: bundle.text, ids: bundle.ids, logprobs: [] };
  const outputTokens = receipt.to - receipt.from;
  const finish = finishReasonOf(receipt.finish);
  yield {
    type: "finish",
    finish,
    promptTokens: receipt.promptTokens,
    outputTokens,
    costWei,
    bundle,
    attempts: [],
    ttftMs,
    durationMs,
  };
}
