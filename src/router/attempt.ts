import { CortensorError } from "../errors/cortensorError.ts";
import type { Recover } from "../keys/interface.ts";
import { digest, orderHash, receiptHash } from "../protocol/eip712.ts";
import type { Frame } from "../protocol/frames.ts";
import { idsHash, orderId } from "../protocol/hash.ts";
import { feeOf, promptPaid, promptTokensCeiling } from "../protocol/price.ts";
import { type Domain, FINISH, type FinishReason, type Receipt, type Signed } from "../protocol/records.ts";
import type { AsyncQueue } from "../util/asyncQueue.ts";
import type { Clock, Hex } from "../util/types.ts";
import type { MinerLink, OrderReply } from "./minerLink.ts";

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
  readonly ids: readonly number[];
  readonly text: string;
  readonly ttftMs: number;
  readonly durationMs: number;
}

/** Time that a cancelled miner has for its last receipt. */
const CANCEL_MS = 2000;

/**
 * One order at one miner, from the router's side. Every way to end badly is a `CortensorError` whose `data.retryable` says
 * whether another miner may try and whose `data.emitted` counts the tokens that were passed on before.
 */
export class Attempt {
  readonly #frame: OrderFrame;
  readonly #link: MinerLink;
  readonly #deps: AttemptDeps;
  readonly #id: Hex;
  readonly #hash: Hex;
  readonly #ids: number[] = [];
  #text = "";
  #sentAt = 0;
  #ttftMs: number | undefined;
  promptTokens = 0;

  constructor(frame: OrderFrame, link: MinerLink, deps: AttemptDeps) {
    this.#frame = frame;
    this.#link = link;
    this.#deps = deps;
    this.#hash = orderHash(frame.order);
    this.#id = orderId(this.#hash);
  }

  async *run(signal: AbortSignal): AsyncGenerator<AttemptPart, AttemptEnd> {
    const replies = this.#link.expect(this.#id);
    const cancel = (): void => {
      if (this.#link.open) this.#link.send({ type: "cancel", orderId: this.#id, reason: "client" });
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      this.#sentAt = this.#deps.clock.now();
      this.#link.send(this.#frame);
      const promiseMs = await this.#acknowledged(replies);
      if (signal.aborted) cancel();
      const end = yield* this.#tokens(replies, { promiseMs, signal });
      return end;
    } catch (error) {
      this.#giveUp();
      throw this.#failure(error);
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#link.forget(this.#id);
    }
  }

  async #acknowledged(replies: AsyncQueue<OrderReply>): Promise<number> {
    const reply = await this.#next(replies, this.#deps.limits.ackMs);
    if (reply.type !== "ack") throw broken(`miner ${this.#link.address} answered an order with ${reply.type}`);
    // The quote's ceiling, which the client was promised: more tokens than that are not in the prompt.
    const most = promptTokensCeiling(this.#frame.input);
    if (reply.promptTokens > most)
      throw broken(
        `miner ${this.#link.address} counts ${reply.promptTokens} prompt tokens, and there are ${most} at most`,
      );
    this.promptTokens = reply.promptTokens;
    return reply.firstTokenMs;
  }

  async *#tokens(
    replies: AsyncQueue<OrderReply>,
    { promiseMs, signal }: { promiseMs: number; signal: AbortSignal },
  ): AsyncGenerator<AttemptPart, AttemptEnd> {
    const { limits, clock } = this.#deps;
    for (;;) {
      const patienceMs = this.#ttftMs === undefined ? Math.max(limits.lateMs, 3 * promiseMs) : limits.stallMs;
      const frame = await this.#next(replies, signal.aborted ? CANCEL_MS : patienceMs);
      if (frame.type !== "tokens") throw broken(`miner ${this.#link.address} sent ${frame.type} within an answer`);
      this.#append(frame);
      if (frame.ids.length > 0 || frame.text !== "")
        yield { ids: frame.ids, text: frame.text, logprobs: frame.logprobs ?? [] };
      if (frame.receipt !== undefined) this.#check(frame.receipt, frame.finish);
      if (frame.finish !== undefined) {
        if (frame.receipt === undefined) throw broken(`miner ${this.#link.address} finished without a receipt`);
        const durationMs = clock.now() - this.#sentAt;
        return {
          finish: frame.finish,
          receipt: frame.receipt,
          ids: this.#ids,
          text: this.#text,
          ttftMs: this.#ttftMs ?? durationMs,
          durationMs,
        };
      }
      if (frame.receipt !== undefined) await this.#deps.onReceipt(frame.receipt.record);
    }
  }

  #append(frame: TokensFrame): void {
    const { order } = this.#frame;
    if (frame.from !== order.from + this.#ids.length)
      throw broken(`miner ${this.#link.address} sent token ${frame.from}, expected ${order.from + this.#ids.length}`);
    if (frame.ids.length > 0) this.#ttftMs ??= this.#deps.clock.now() - this.#sentAt;
    this.#ids.push(...frame.ids);
    this.#text += frame.text;
    if (this.#ids.length > order.maxTokens - order.from)
      throw broken(`miner ${this.#link.address} sent more than ${order.maxTokens} tokens`);
  }

  /** A receipt must cover exactly what was received, at the agreed price, under the miner's key. */
  #check({ record, signature }: Signed<Receipt>, finish: FinishReason | undefined): void {
    const { order } = this.#frame;
    const code = finish === undefined ? FINISH.growing : FINISH[finish];
    const outputTokens = this.#ids.length;
    const fee = feeOf({ ...order, promptTokens: this.promptTokens, outputTokens, promptPaid: promptPaid(code) });
    const wrong = (what: string): CortensorError => broken(`the receipt of miner ${order.miner} has another ${what}`);
    if (record.order !== this.#hash) throw wrong("order");
    if (record.from !== order.from || record.to !== order.from + outputTokens) throw wrong("range");
    if (record.idsHash !== idsHash(this.#ids)) throw wrong("hash of ids");
    if (record.promptTokens !== this.promptTokens) throw wrong("prompt token count");
    if (record.finish !== code) throw wrong("finish");
    if (record.fee !== fee) throw wrong("fee");
    if (this.#deps.recover(digest(this.#deps.domain, receiptHash(record)), signature) !== order.miner)
      throw wrong("signature");
  }

  async #next(replies: AsyncQueue<OrderReply>, withinMs: number): Promise<OrderReply> {
    const reply = await replies.take(withinMs);
    if (reply === "late")
      throw new CortensorError("timeout", `miner ${this.#link.address} sent nothing for ${withinMs} ms`, {
        data: { retryable: true },
      });
    if (reply === undefined)
      throw new CortensorError("peer-unreachable", `the line to miner ${this.#link.address} ended`, {
        data: { retryable: true },
      });
    if (reply.type === "refuse" || reply.type === "fail") throw refused(reply, this.#link.address);
    return reply;
  }

  /** The miner stops an order that is over for the router; it ignores one that it does not run. */
  #giveUp(): void {
    if (this.#link.open) this.#link.send({ type: "cancel", orderId: this.#id, reason: "late" });
  }

  #failure(error: unknown): unknown {
    if (!(error instanceof CortensorError)) return error;
    const retryable = error.details.data?.retryable ?? error.code !== "peer-protocol";
    return new CortensorError(error.code, error.message, {
      ...error.details,
      data: { ...error.details.data, retryable, emitted: this.#ids.length },
    });
  }
}

function broken(message: string): CortensorError {
  return new CortensorError("peer-protocol", message, { data: { retryable: true } });
}

function refused(reply: Extract<OrderReply, { type: "refuse" | "fail" }>, miner: string): CortensorError {
  const code = reply.code === "context-length" ? "context-length" : "task-failed";
  const message = code === "context-length" ? reply.message : `miner ${miner}: ${reply.message}`;
  return new CortensorError(code, message, {
    data: { retryable: reply.retryable, refused: reply.type === "refuse", reason: reply.code },
  });
}
