import { CortensorError } from "../errors/cortensorError.ts";
import type { Recover } from "../keys/interface.ts";
import { orderHash } from "../protocol/eip712.ts";
import type { CancelReason, Frame } from "../protocol/frames.ts";
import { orderId } from "../protocol/hash.ts";
import { promptTokensCeiling } from "../protocol/price.ts";
import type { Domain, FinishReason, Receipt, Signed } from "../protocol/records.ts";
import type { AsyncQueue } from "../util/asyncQueue.ts";
import type { Clock, Hex } from "../util/types.ts";
import type { MinerLink, OrderReply } from "./minerLink.ts";
import { nextReply } from "./nextReply.ts";
import { wrongReceipt } from "./wrongReceipt.ts";

export type OrderFrame = Extract<Frame, { type: "order" }>;
type TokensFrame = Extract<Frame, { type: "tokens" }>;

export interface AttemptLimits {
  readonly ackMs: number;
  readonly lateMs: number;
  readonly stallMs: number;
}

export interface AttemptDeps {
  readonly domain: Domain;
  readonly recover: Recover;
  readonly clock: Clock;
  readonly limits: AttemptLimits;
  onAcknowledged?(): void;
  /** Called with every growing receipt; resolves when it is on disk and paid. */
  onReceipt(receipt: Receipt): Promise<void>;
}

/** What an attempt gives out while it runs. */
export interface AttemptPart {
  readonly ids: readonly number[];
  readonly text: string;
  readonly logprobs: readonly number[];
}

/** How an attempt ended well: its last receipt, checked and not yet settled. */
export interface AttemptEnd {
  readonly finish: FinishReason;
  readonly receipt: Signed<Receipt>;
}

/** Time that a cancelled miner has for its last receipt. */
const CANCEL_MS = 2000;
/** A miner that says it goes on has so many times its promise for the first token, and at least this long. */
const MOST_PROMISES = 10;
const MOST_PREFILL_MS = 30_000;
/** A stall is a silence of so many times the usual gap between two tokens. */
const STALL_GAPS = 8;

/**
 * One order at one miner, from the router's side. Every way to end badly is a `CortensorError` whose `data.retryable` says
 * whether another miner may try. What a frame brings is passed on once everything in it was checked.
 */
export class Attempt {
  readonly frame: OrderFrame;
  readonly #link: MinerLink;
  readonly #deps: AttemptDeps;
  readonly #id: Hex;
  readonly #hash: Hex;
  readonly #replies: AsyncQueue<OrderReply>;
  readonly #ids: number[] = [];
  #last: Signed<Receipt> | undefined;
  #sentAt = 0;
  #ttftMs: number | undefined;
  #lastAt = 0;
  promptTokens = 0;

  constructor(frame: OrderFrame, link: MinerLink, deps: AttemptDeps) {
    this.frame = frame;
    this.#link = link;
    this.#deps = deps;
    this.#hash = orderHash(frame.order);
    this.#id = orderId(this.#hash);
    this.#replies = link.expect(this.#id);
  }

  /** Output ids accepted so far, of this attempt alone. */
  get ids(): readonly number[] {
    return this.#ids;
  }

  /** The newest receipt, which covers all ids or all but the newest. */
  get receipt(): Signed<Receipt> | undefined {
    return this.#last;
  }

  /** From the order to the first token; undefined before it. */
  get ttftMs(): number | undefined {
    return this.#ttftMs;
  }

  /** From the order to the newest token. */
  get durationMs(): number {
    return this.#lastAt - this.#sentAt;
  }

  async *run(signal: AbortSignal): AsyncGenerator<AttemptPart, AttemptEnd> {
    const cancel = (): void => this.#cancel("client");
    signal.addEventListener("abort", cancel, { once: true });
    try {
      this.#sentAt = this.#deps.clock.now();
      this.#lastAt = this.#sentAt;
      this.#link.send(this.frame);
      const promiseMs = await this.#acknowledged();
      if (signal.aborted) cancel();
      return yield* this.#tokens({ promiseMs, signal });
    } catch (error) {
      this.#cancel("late");
      throw withRetryable(error);
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#link.forget(this.#id);
    }
  }

  /** Another miner was quicker: this one stops, and what it made is neither shown nor paid. */
  abandon(): void {
    this.#cancel("hedge");
    this.#link.forget(this.#id);
    this.#replies.fail(new CortensorError("interrupted", "another miner was quicker"));
  }

  async #acknowledged(): Promise<number> {
    const reply = await this.#next(this.#deps.limits.ackMs);
    if (reply.type !== "ack") throw this.#broken(`answered an order with ${reply.type}`);
    // The quote's ceiling, which the client was promised: more tokens than that are not in the prompt.
    const most = promptTokensCeiling(this.frame.input);
    if (reply.promptTokens > most)
      throw this.#broken(`counts ${reply.promptTokens} prompt tokens, and there are ${most} at most`);
    this.promptTokens = reply.promptTokens;
    this.#deps.onAcknowledged?.();
    return reply.firstTokenMs;
  }

  async *#tokens({
    promiseMs,
    signal,
  }: {
    promiseMs: number;
    signal: AbortSignal;
  }): AsyncGenerator<AttemptPart, AttemptEnd> {
    const firstUntil = this.#deps.clock.now() + Math.max(MOST_PREFILL_MS, MOST_PROMISES * promiseMs);
    for (;;) {
      const frame = await this.#next(signal.aborted ? CANCEL_MS : this.#patienceMs(promiseMs));
      if (frame.type !== "tokens") throw this.#broken(`sent ${frame.type} within an answer`);
      this.#accept(frame);
      if (this.#ids.length === 0 && frame.finish === undefined && this.#deps.clock.now() > firstUntil)
        throw new CortensorError("timeout", `miner ${this.#link.address} sent no token in all its time`, {
          data: { retryable: true },
        });
      if (frame.ids.length > 0 || frame.text !== "")
        yield { ids: frame.ids, text: frame.text, logprobs: frame.logprobs ?? [] };
      if (frame.finish !== undefined && frame.receipt !== undefined)
        return { finish: frame.finish, receipt: frame.receipt };
      if (frame.receipt !== undefined) await this.#deps.onReceipt(frame.receipt.record);
    }
  }

  /** How long a silence may last. The miner of a long prefill says once a second that it goes on. */
  #patienceMs(promiseMs: number): number {
    const { lateMs, stallMs } = this.#deps.limits;
    if (this.#ttftMs === undefined) return Math.max(lateMs, 3 * promiseMs);
    const gapMs = (this.durationMs - this.#ttftMs) / Math.max(1, this.#ids.length - 1);
    return Math.max(stallMs, STALL_GAPS * gapMs);
  }

  /** Takes a frame in, or throws and leaves everything as it was. */
  #accept(frame: TokensFrame): void {
    const { order } = this.frame;
    const before = this.#ids.length;
    if (frame.from !== order.from + before)
      throw this.#broken(`sent token ${frame.from}, expected ${order.from + before}`);
    const left = order.maxTokens - order.from - before - frame.ids.length;
    if (left < 0) throw this.#broken(`sent more than ${order.maxTokens} tokens`);
    // The end travels with its token: what is whole and does not say so could be neither resumed nor finished.
    if (left === 0 && frame.finish === undefined) throw this.#broken("sent all tokens and no end");
    if (frame.finish !== undefined && frame.receipt === undefined) throw this.#broken("finished without a receipt");
    this.#ids.push(...frame.ids);
    try {
      if (frame.receipt !== undefined) this.#check(frame.receipt, frame.finish);
    } catch (error) {
      this.#ids.length = before;
      throw error;
    }
    this.#last = frame.receipt ?? this.#last;
    if (frame.ids.length === 0) return;
    this.#lastAt = this.#deps.clock.now();
    this.#ttftMs ??= this.#lastAt - this.#sentAt;
  }

  #check(signed: Signed<Receipt>, finish: FinishReason | undefined): void {
    const { domain, recover } = this.#deps;
    const paper = { order: this.frame.order, hash: this.#hash, promptTokens: this.promptTokens, ids: this.#ids };
    const wrong = wrongReceipt(signed, { ...paper, finish }, { domain, recover });
    if (wrong !== undefined) throw this.#broken(`signed a receipt with another ${wrong}`);
  }

  async #next(withinMs: number): Promise<OrderReply> {
    return await nextReply(this.#replies, { withinMs, miner: this.#link.address });
  }

  /** The miner stops an order that is over for the router; it ignores one that it does not run. */
  #cancel(reason: CancelReason): void {
    if (this.#link.open) this.#link.send({ type: "cancel", orderId: this.#id, reason });
  }

  #broken(what: string): CortensorError {
    return new CortensorError("peer-protocol", `miner ${this.#link.address} ${what}`, { data: { retryable: true } });
  }
}

/** What ended this attempt can end another one as well, unless it was the request itself. */
function withRetryable(error: unknown): unknown {
  if (!(error instanceof CortensorError)) return error;
  const retryable = error.details.data?.retryable ?? true;
  return new CortensorError(error.code, error.message, {
    ...error.details,
    data: { ...error.details.data, retryable },
  });
}
