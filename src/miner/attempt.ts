import type { Engine } from "../engine/interface.ts";
import { CortensorError, isAbort } from "../errors/cortensorError.ts";
import type { Signer } from "../keys/interface.ts";
import type { WorkMeter } from "../observability/work.ts";
import { answerText } from "../protocol/answerText.ts";
import { type Commitment, commitmentOf, commitMessage } from "../protocol/commitment.ts";
import { digest, messageHash, receiptHash } from "../protocol/eip712.ts";
import type { Frame } from "../protocol/frames.ts";
import { idsHash } from "../protocol/hash.ts";
import { feeOf, promptPaid } from "../protocol/price.ts";
import { type Domain, FINISH, type FinishReason, type Receipt, type Signed } from "../protocol/records.ts";
import { createSampler } from "../protocol/sampler.ts";
import type { Clock, Hex } from "../util/types.ts";
import type { MinerLedger } from "./ledger.ts";
import type { AcceptedOrder, OrderFrame } from "./orderDesk.ts";

export interface AttemptDeps {
  readonly domain: Domain;
  readonly engine: Engine;
  readonly signer: Signer;
  readonly ledger: MinerLedger;
  readonly work: WorkMeter;
  readonly clock: Clock;
  /** Tokens between two receipts. */
  readonly receiptTokens: number;
  randomBytes32(): Hex;
  /** Why these commitments do not free this miner to show its answer; undefined when they do. */
  wrongOpening(frame: OpenFrame, own: Commitment): string | undefined;
  send(frame: Frame): void;
  /** Told of every receipt that is about to be sent; `ids` still grow. */
  receipted(signed: { frame: OrderFrame; receipt: Signed<Receipt>; ids: readonly number[] }): void;
  /** Told of every rise of what the router owes; resolves when it owes less than the cap again. */
  owe(addedWei: bigint, signal: AbortSignal): Promise<void>;
}

export type OpenFrame = Extract<Frame, { type: "open" }>;

const NO_WAIT = AbortSignal.abort();

/** One order being answered: tokens out, a growing receipt every so many tokens and with the last. */
export class Attempt {
  readonly #accepted: AcceptedOrder;
  readonly #deps: AttemptDeps;
  readonly #stop = new AbortController();
  readonly #ids: number[] = [];
  #logprobs: number[] = [];
  #sent = 0;
  #text: string;
  #receiptedTo = 0;
  #feeWei = 0n;
  #flushing = false;
  #cancelled = false;
  #handedOver = false;
  readonly #opening = Promise.withResolvers<OpenFrame>();

  constructor(accepted: AcceptedOrder, deps: AttemptDeps) {
    this.#accepted = accepted;
    this.#deps = deps;
    this.#text = this.#textOf(accepted.frame.resume).text;
  }

  /** One of several replicas shows nothing before all have signed for their answers. */
  get sealed(): boolean {
    return this.#accepted.frame.order.replica > 0;
  }

  /** All replicas have signed, or are late. */
  open(frame: OpenFrame): void {
    this.#opening.resolve(frame);
  }

  /** The client is gone: what was made so far is receipted as cancelled. */
  cancel(): void {
    this.#cancelled = !this.sealed;
    this.#stop.abort();
  }

  /** The miner leaves: what was made so far is receipted, and another miner goes on from there. */
  handOver(): void {
    this.#handedOver = true;
    this.#stop.abort();
  }

  /** The line is gone, or the router asked another miner: stops without another word. */
  drop(): void {
    this.#stop.abort();
  }

  /** Resolves when the order is over, however it ended. */
  async run(): Promise<void> {
    const startedAt = this.#deps.clock.now();
    this.#deps.work.taskStarted();
    // A peer that hears nothing takes the miner for dead, so a long prefill says once a second that it goes on.
    const stopTicking = this.#tick();
    try {
      const finish = await this.#generate(startedAt);
      stopTicking();
      await (this.sealed ? this.#reveal(finish) : this.#finish(finish));
      this.#deps.work.taskDone({
        promptTokens: this.#accepted.promptIds.length,
        outputTokens: this.#ids.length,
        durationMs: this.#deps.clock.now() - startedAt,
      });
    } catch (error) {
      stopTicking();
      this.#deps.work.taskFailed();
      if (this.#receiptedTo === 0) this.#keepOut();
      if (!isAbort(error)) return this.#fail("engine", error);
      if (this.#handedOver) await this.#leave();
    }
  }

  async #generate(startedAt: number): Promise<FinishReason> {
    const { frame, promptIds, room } = this.#accepted;
    const { params, order } = frame;
    const sample = createSampler({ seed: order.seed, ...params });
    let position = order.from;
    const input = {
      ids: [...promptIds, ...frame.resume],
      maxTokens: room,
      choose: (candidates: Parameters<typeof sample>[0]) => sample(candidates, position++),
    };
    try {
      for await (const token of this.#deps.engine.generate(input, this.#stop.signal)) {
        if (this.#ids.length === 0) this.#deps.work.firstToken(this.#deps.clock.now() - startedAt);
        this.#ids.push(token.id);
        this.#logprobs.push(token.logprob);
        this.#deps.work.tokens(1);
        if (token.end || (params.stop.length > 0 && this.#textOf(this.#all()).stopped)) return "stop";
        if (this.#ids.length >= room) return "length";
        if (this.sealed) continue;
        this.#flushSoon();
        if (this.#ids.length - this.#receiptedTo >= this.#deps.receiptTokens) await this.#grow();
      }
    } catch (error) {
      if (!(this.#cancelled && isAbort(error))) throw error;
    }
    if (this.#cancelled) return "cancelled";
    throw new CortensorError("task-failed", `the engine ended after ${this.#ids.length} tokens without a reason`);
  }

  #tick(): () => void {
    let stop = (): void => {};
    const tick = (): void => {
      stop = this.#deps.clock.after(1000, () => {
        if ((this.#ids.length > 0 && !this.sealed) || this.#stop.signal.aborted) return;
        this.#deps.send({
          type: "tokens",
          orderId: this.#accepted.id,
          from: this.#accepted.frame.order.from,
          ids: [],
          text: "",
        });
        tick();
      });
    };
    tick();
    return () => stop();
  }

  /** All tokens since the last turn of the event loop travel in one frame. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      if (!this.#stop.signal.aborted && this.#sent < this.#ids.length) this.#flush();
    });
  }

  #flush(last: { finish?: FinishReason; receipt?: Signed<Receipt> } = {}): void {
    const text = this.#textOf(this.#all(), last.finish !== undefined).text;
    const from = this.#accepted.frame.order.from + this.#sent;
    const ids = this.#ids.slice(this.#sent);
    const frame = {
      type: "tokens",
      orderId: this.#accepted.id,
      from,
      ids,
      text: text.slice(this.#text.length),
      ...last,
    } as const;
    this.#deps.send({ ...frame, logprobs: this.#logprobs });
    this.#sent = this.#ids.length;
    this.#logprobs = [];
    this.#text = text;
  }

  async #grow(): Promise<void> {
    const [receipt, owed] = await this.#receipt(FINISH.growing);
    this.#flush({ receipt });
    await this.#deps.owe(owed, this.#stop.signal);
  }

  async #finish(finish: FinishReason): Promise<void> {
    const [receipt, owed] = await this.#receipt(FINISH[finish]);
    this.#flush({ finish, receipt });
    // The answer is over, so nothing waits for this payment; a router that owes too much gets no further order.
    this.#deps.owe(owed, NO_WAIT).catch(() => {});
  }

  /** Signs for the answer unseen; shows it once the others can change theirs no more either. */
  async #reveal(finish: FinishReason): Promise<void> {
    const { domain, signer } = this.#deps;
    const { hash: order, id: orderId } = this.#accepted;
    const salt = this.#deps.randomBytes32();
    const commitment = commitmentOf({ order, salt, ids: this.#ids });
    const signature = signer.sign(digest(domain, messageHash(commitMessage({ order, commitment }))));
    this.#deps.send({ type: "commit", orderId, commitment, signature });
    const opening = await this.#opened();
    const wrong = this.#deps.wrongOpening(opening, { miner: signer.address, order, commitment, signature });
    if (wrong !== undefined) throw new CortensorError("peer-protocol", wrong);
    const [receipt, owed] = await this.#receipt(FINISH[finish]);
    const { text } = this.#textOf(this.#all(), true);
    this.#deps.send({ type: "reveal", orderId, salt, ids: this.#ids, text, finish, receipt });
    this.#deps.owe(owed, NO_WAIT).catch(() => {});
  }

  async #opened(): Promise<OpenFrame> {
    const { signal } = this.#stop;
    signal.throwIfAborted();
    const left = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => left.reject(signal.reason), { once: true });
    return await Promise.race([this.#opening.promise, left.promise]);
  }

  /** Everything made so far goes out signed, so that nothing of it has to be made again or is lost. */
  async #leave(): Promise<void> {
    if (!this.sealed && this.#ids.length > this.#receiptedTo) {
      const [receipt, owed] = await this.#receipt(FINISH.growing);
      this.#flush({ receipt });
      this.#deps.owe(owed, NO_WAIT).catch(() => {});
    }
    this.#fail("draining", new CortensorError("interrupted", "this miner is stopping"));
  }

  /** Signs for everything made so far, once that is on disk; with what it adds to the debt of the router. */
  async #receipt(finish: number): Promise<[Signed<Receipt>, owedWei: bigint]> {
    const { frame, hash, promptIds } = this.#accepted;
    const { from, promptPrice, outputPrice } = frame.order;
    const fee = feeOf({
      promptTokens: promptIds.length,
      outputTokens: this.#ids.length,
      promptPrice,
      outputPrice,
      promptPaid: promptPaid(finish),
    });
    const record: Receipt = {
      order: hash,
      from,
      to: from + this.#ids.length,
      idsHash: idsHash(this.#ids),
      promptTokens: promptIds.length,
      finish,
      fee,
    };
    const owed = fee - this.#feeWei;
    this.#receiptedTo = this.#ids.length;
    const kept = this.#deps.ledger.recordReceipt(record, this.#feeWei, this.#deps.clock.now());
    const receipt = { record, signature: this.#deps.signer.sign(digest(this.#deps.domain, receiptHash(record))) };
    await kept;
    this.#feeWei = fee;
    this.#deps.receipted({ frame, receipt, ids: this.#ids });
    return [receipt, owed];
  }

  /** No receipt waits for this row; it only keeps the order from being taken again. */
  #keepOut(): void {
    this.#deps.ledger.recordOrder(this.#accepted.hash, this.#deps.clock.now()).catch(() => undefined);
  }

  #fail(code: string, error: unknown): void {
    // What was made is good, and another miner goes on from there.
    if (!this.sealed && this.#sent < this.#ids.length) this.#flush();
    const message = error instanceof CortensorError ? error.message : "the engine failed";
    this.#deps.send({ type: "fail", orderId: this.#accepted.id, code, retryable: true, message });
  }

  #all(): number[] {
    return [...this.#accepted.frame.resume, ...this.#ids];
  }

  #textOf(ids: readonly number[], ended = false): { text: string; stopped: boolean } {
    const { engine } = this.#deps;
    return answerText({
      ids,
      detokenize: (part) => engine.detokenize(part),
      stop: this.#accepted.frame.params.stop,
      ended,
    });
  }
}
