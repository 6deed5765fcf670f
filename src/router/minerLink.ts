import { CortensorError } from "../errors/cortensorError.ts";
import { decodeFrame, encodeFrame, type Frame, type Hello } from "../protocol/frames.ts";
import type { PeerStream } from "../p2p/interface.ts";
import { AsyncQueue } from "../util/asyncQueue.ts";
import { systemClock } from "../util/clock.ts";
import type { Address, Clock, Hex } from "../util/types.ts";
import { type Edge, payFrame } from "./ledger.ts";

/** Frames of a miner about one order. */
export type OrderReply = Extract<
  Frame,
  { type: "ack" | "refuse" | "tokens" | "fail" | "commit" | "reveal" | "scored" }
>;

/** A voucher pays for all before it, so of those within so long the last will do. */
const PAY_MS = 20;
/** So long a voucher waits for an order to travel with. */
const PAY_WAIT_MS = 5;

/** One line to a miner, after the hello: sends frames and hands each reply to the order it belongs to. */
export class MinerLink {
  readonly hello: Hello;
  readonly #stream: PeerStream;
  readonly #orders = new Map<Hex, AsyncQueue<OrderReply>>();
  readonly #clock: Clock;
  #open = true;
  #paid: Edge | undefined;
  #owed: Edge | undefined;
  #paying = false;
  /** Frames about no current order; they are dropped and counted. */
  strayFrames = 0;

  constructor(stream: PeerStream, hello: Hello, clock: Clock = systemClock) {
    this.#stream = stream;
    this.hello = hello;
    this.#clock = clock;
  }

  get address(): Address {
    return this.#stream.remote;
  }

  get open(): boolean {
    return this.#open;
  }

  get running(): number {
    return this.#orders.size;
  }

  /** Reads until the line ends; orders still open then fail with `peer-unreachable`. */
  async run(frames: AsyncIterator<Uint8Array>, onDrain: () => void): Promise<void> {
    let reason = new CortensorError("peer-unreachable", `the line to miner ${this.address} ended`);
    try {
      for (let next = await frames.next(); next.done !== true; next = await frames.next())
        this.#take(decodeFrame(next.value), onDrain);
    } catch (error) {
      if (error instanceof CortensorError) reason = error;
      this.#stream.abort(reason);
      throw error;
    } finally {
      this.#open = false;
      for (const queue of this.#orders.values()) queue.fail(reason);
    }
  }

  /** The replies to one order, until `forget`. */
  expect(orderId: Hex): AsyncQueue<OrderReply> {
    const queue = new AsyncQueue<OrderReply>();
    this.#orders.set(orderId, queue);
    return queue;
  }

  forget(orderId: Hex): void {
    this.#orders.delete(orderId);
  }

  /** Throws `peer-unreachable` when the line has ended. */
  send(frame: Frame): void {
    this.#stream.send(encodeFrame(frame));
  }

  /** Sends the session's newest voucher, or soon the one that is the newest then. A line that ended gets it with its next hello. */
  pay(edge: Edge): void {
    this.#owed = edge;
    if (this.#paying) return;
    this.payNow();
    this.#paying = true;
    this.#clock.after(PAY_MS, () => {
      this.#paying = false;
      if (this.#owed !== undefined) this.pay(this.#owed);
    });
  }

  /** Sends what `pay` still holds back. */
  payNow(): void {
    const edge = this.#owed;
    this.#owed = undefined;
    if (edge === undefined || edge === this.#paid || !this.#open) return;
    this.#paid = edge;
    this.#stream.send(encodeFrame(payFrame(edge)), PAY_WAIT_MS);
  }

  async close(): Promise<void> {
    await this.#stream.close().catch(() => {});
  }

  #take(frame: Frame, onDrain: () => void): void {
    switch (frame.type) {
      case "ack":
      case "refuse":
      case "tokens":
      case "fail":
      case "commit":
      case "reveal":
      case "scored": {
        const queue = this.#orders.get(frame.orderId);
        if (queue === undefined) this.strayFrames += 1;
        else queue.push(frame);
        return;
      }
      case "drain":
        return onDrain();
      case "hello":
      case "order":
      case "cancel":
      case "open":
      case "pay":
      case "countersigned":
        throw new CortensorError("peer-protocol", `a miner does not send ${frame.type}`);
      default:
        frame satisfies never;
    }
  }
}
