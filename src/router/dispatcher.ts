import { CortensorError } from "../errors/cortensorError.ts";
import { inputHash, paramsHash, taskId, taskSeed } from "../protocol/hash.ts";
import { ceilingOf } from "../protocol/price.ts";
import { lastPart, type ReceiptBundle } from "../protocol/receiptBundle.ts";
import { finishReasonOf } from "../protocol/records.ts";
import type { Hex } from "../util/types.ts";
import type { RouterLedger } from "./ledger.ts";
import type { OrderTerms } from "./order.ts";
import { unserved } from "./placement.ts";
import { RedundantRun } from "./redundantRun.ts";
import type { AnswerEvent, TaskRequest } from "./task.ts";
import { type DispatchDeps, type DispatchOptions, TaskRun } from "./taskRun.ts";
import type { TaskTrace } from "./trace.ts";

interface Call {
  readonly signal: AbortSignal;
  readonly depositWei: bigint;
}

/** Takes tasks in: what is known already comes from the books, what is new is covered by the deposit and led to its end. */
export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #deps: DispatchDeps;
  readonly #running = new Map<Hex, TaskRun | RedundantRun>();
  #reservedWei = 0n;
  #wakeIdle = (): void => {};

  constructor(options: DispatchOptions, deps: DispatchDeps) {
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

  /** Tasks that run, then those that are over, the newest first. */
  traces(): readonly TaskTrace[] {
    const running = [...this.#running.values()].map(({ trace }) => trace);
    return [...running.toReversed(), ...this.#deps.traces.ended()];
  }

  /** Ends a task as if its client had gone away; false when it does not run. */
  cancel(id: Hex): boolean {
    const run = this.#running.get(id);
    run?.cancel();
    return run !== undefined;
  }

  async *answer(request: TaskRequest, call: Call): AsyncGenerator<AnswerEvent> {
    const { ledger, signer, work } = this.#deps;
    const id = taskId({ router: signer.address, account: request.account, requestId: request.requestId });
    const stored = request.drawn === true ? undefined : ledger.answer(id);
    if (stored !== undefined) {
      yield* replay(stored, costOf(stored, ledger));
      return;
    }
    if (this.#running.has(id))
      throw new CortensorError("bad-request", `the request ${request.requestId} is being answered already`);
    const ceilingWei = this.#reserve(request, call.depositWei);
    const { redundancy = 1 } = request;
    const terms = this.#terms(id, request);
    const run =
      redundancy > 1
        ? new RedundantRun(terms, { ...this.#options, redundancy }, this.#deps)
        : new TaskRun(terms, this.#options, this.#deps);
    this.#running.set(id, run);
    work.taskStarted();
    try {
      yield* run.answer(call.signal);
    } catch (error) {
      work.taskFailed();
      throw error;
    } finally {
      this.#reservedWei -= ceilingWei;
      this.#ended(run.trace);
    }
  }

  #ended(trace: TaskTrace): void {
    this.#running.delete(trace.id);
    this.#deps.traces.add(trace);
    if (this.#running.size === 0) this.#wakeIdle();
  }

  /** Holds the highest cost of the answer against the deposit of the client session. */
  #reserve(request: TaskRequest, depositWei: bigint): bigint {
    const { pool, ledger } = this.#deps;
    const model = pool.models().find(({ name, modelId }) => name === request.model || modelId === request.model);
    if (model === undefined) throw unserved(request.model, pool);
    const maxTokens = Math.min(request.params.maxTokens, model.contextTokens);
    const one = ledger.chargeOf(ceilingOf({ ...model, input: request.input, maxTokens }));
    const ceilingWei = one * BigInt(request.redundancy ?? 1);
    const usedWei = (ledger.clientEdge?.voucher.record.cumulative ?? 0n) + this.#reservedWei;
    if (usedWei + ceilingWei > depositWei)
      throw new CortensorError("deposit-low", "the deposit that pays for API keys does not cover this answer", {
        data: { depositWei, usedWei, ceilingWei },
        try: "cortensor session list",
      });
    this.#reservedWei += ceilingWei;
    return ceilingWei;
  }

  #terms(id: Hex, request: TaskRequest): OrderTerms {
    const salt = this.#deps.randomBytes32();
    const { input, params, requestId, clientSeed } = request;
    const seed = taskSeed({ requestId, input, ...(clientSeed !== undefined && { clientSeed }) });
    return { id, request, salt, input: inputHash(salt, input), params: paramsHash(params), seed };
  }
}

function costOf({ parts }: ReceiptBundle, ledger: RouterLedger): bigint {
  return parts.reduce((sum, { receipt }) => sum + ledger.chargeOf(receipt.fee), 0n);
}

/** The stored answer of a request that comes again; it is not billed twice. */
function* replay(bundle: ReceiptBundle, costWei: bigint): Generator<AnswerEvent> {
  const { order, receipt, countersigned } = lastPart(bundle);
  const { text, ids, model } = bundle;
  yield { type: "start", taskId: order.task, model: model.name, miner: order.miner };
  yield { type: "text", text, ids, logprobs: [] };
  yield {
    type: "finish",
    finish: finishReasonOf(receipt.finish),
    text,
    promptTokens: receipt.promptTokens,
    outputTokens: ids.length,
    costWei,
    bundle,
    attempts: [],
    ...countersigned,
  };
}
