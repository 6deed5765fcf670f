import { CortensorError } from "../errors/cortensorError.ts";
import type { Address, Clock } from "../util/types.ts";
import { Inbox } from "./inbox.ts";
import type { PeerStream } from "./interface.ts";
import type { TokenBucket } from "./rateLimit.ts";
import { lineEnded } from "./unreachable.ts";
import { FrameReader, joinFrames, LENGTH_BYTES, MAX_FRAME_BYTES } from "./wire.ts";

/** The bytes under a stream: what differs between a real line and one in memory. */
export interface Pipe {
  /** False: full, wait for `drained` before the next. */
  write(bytes: Uint8Array): boolean;
  /** Bytes written and not yet handed on. */
  readonly bufferedBytes: number;
  pause(): void;
  resume(): void;
  /** Ends our direction after what was written. */
  end(): Promise<void>;
  /** Drops the line. */
  reset(reason: Error): void;
}

export interface FrameStreamOptions {
  readonly remote: Address;
  /** More than this waiting for the peer drops the line. */
  readonly queueBytes: number;
  /** More than this waiting for the reader stops the peer. */
  readonly inboxBytes: number;
  /** The longest wait of `close` for a peer that takes nothing of what is queued. */
  readonly closeMs: number;
}

export interface FrameStreamDeps {
  readonly pipe: Pipe;
  readonly bucket: TokenBucket;
  readonly clock: Clock;
  /** Called once, when nothing can be sent any more. */
  readonly onOver: () => void;
}

/** Frames are joined into writes of about this size. */
const WRITE_BYTES = 65_536;

/** Frames over a pipe. The owner of the pipe reports what happens on it: `received`, `drained`, `ended`, `broken`. */
export class FrameStream implements PeerStream {
  readonly remote: Address;
  readonly #options: FrameStreamOptions;
  readonly #deps: FrameStreamDeps;
  readonly #reader = new FrameReader();
  readonly #inbox: Inbox;
  #outbox: Uint8Array[] = [];
  #outboxBytes = 0;
  #blocked = false;
  #scheduled = false;
  #cancelLater: (() => void) | undefined;
  #over: Error | undefined;
  #closing: Promise<void> | undefined;
  #flushed: (() => void) | undefined;

  constructor(options: FrameStreamOptions, deps: FrameStreamDeps) {
    this.remote = options.remote;
    this.#options = options;
    this.#deps = deps;
    this.#inbox = new Inbox(options.inboxBytes, { onFull: () => deps.pipe.pause(), onRoom: () => deps.pipe.resume() });
  }

  get frames(): AsyncIterable<Uint8Array> {
    return this.#inbox;
  }

  get queuedBytes(): number {
    return this.#outboxBytes + this.#deps.pipe.bufferedBytes;
  }

  send(frame: Uint8Array, withinMs = 0): void {
    if (this.#over !== undefined) throw this.#over;
    checkFrame(frame);
    if (this.queuedBytes + frame.byteLength > this.#options.queueBytes) {
      this.abort(lineEnded(this.remote, `it does not read: ${this.queuedBytes} bytes wait for it`));
      throw this.#over ?? new Error("unreachable");
    }
    this.#outbox.push(frame);
    this.#outboxBytes += LENGTH_BYTES + frame.byteLength;
    if (this.#scheduled || this.#blocked) return;
    if (withinMs > 0) this.#cancelLater ??= this.#deps.clock.after(withinMs, () => this.#flush());
    else this.#flushSoon();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  abort(reason: Error): void {
    if (this.#finish(reason)) {
      this.#inbox.discard();
      this.#inbox.end(reason);
    }
    this.#deps.pipe.reset(reason);
  }

  received(bytes: Uint8Array): void {
    if (this.#over !== undefined) return;
    if (!this.#deps.bucket.take(bytes.byteLength)) {
      this.#violated(
        new CortensorError("peer-protocol", `the peer ${this.remote} sends faster than its byte rate allows`, {
          data: { peer: this.remote },
        }),
      );
      return;
    }
    try {
      for (const frame of this.#reader.push(bytes)) this.#inbox.push(frame);
    } catch (error) {
      this.#violated(error as Error);
    }
  }

  drained(): void {
    this.#blocked = false;
    this.#flush();
  }

  /** The peer ended the stream in order. */
  ended(): void {
    if (!this.#finish(lineEnded(this.remote, "it has closed the stream"))) return;
    this.#inbox.end();
    void this.#deps.pipe.end();
  }

  /** The line is gone. */
  broken(reason: string, cause?: unknown): void {
    const error = lineEnded(this.remote, reason, cause);
    if (this.#finish(error)) this.#inbox.end(error);
  }

  async #close(): Promise<void> {
    if (this.#over !== undefined) return;
    this.#over = lineEnded(this.remote, "the stream was closed here");
    this.#deps.onOver();
    this.#inbox.end();
    if (this.#cancelLater !== undefined) this.#flush();
    let waiting = this.queuedBytes;
    let dropped = false;
    const { pipe } = this.#deps;
    const ended = this.#whenFlushed().then(() => (dropped ? undefined : pipe.end()));
    while (!(await this.#settlesSoon(ended))) {
      if (this.queuedBytes >= waiting) {
        dropped = true;
        pipe.reset(lineEnded(this.remote, "it does not read"));
        break;
      }
      waiting = this.queuedBytes;
    }
    this.#forget();
  }

  /** Whether the work ends within the patience for a peer that takes nothing. */
  async #settlesSoon(work: Promise<void>): Promise<boolean> {
    const late = Promise.withResolvers<false>();
    const cancel = this.#deps.clock.after(this.#options.closeMs, () => late.resolve(false));
    const inTime = await Promise.race([work.then(() => true), late.promise]);
    cancel();
    return inTime;
  }

  #whenFlushed(): Promise<void> {
    return this.#outbox.length === 0 ? Promise.resolve() : new Promise((resolve) => (this.#flushed = resolve));
  }

  #violated(error: Error): void {
    if (!this.#finish(error)) return;
    this.#inbox.end(error);
    this.#deps.pipe.reset(error);
  }

  /** Whether this is the first end. */
  #finish(reason: Error): boolean {
    this.#forget();
    if (this.#over !== undefined) return false;
    this.#over = reason;
    this.#deps.onOver();
    return true;
  }

  #forget(): void {
    this.#outbox = [];
    this.#outboxBytes = 0;
    this.#cancelLater?.();
    this.#cancelLater = undefined;
    this.#flushed?.();
    this.#flushed = undefined;
  }

  /** After the turn's input has been handled: orders of many clients and tokens of many answers share a packet. */
  #flushSoon(): void {
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    this.#cancelLater?.();
    this.#cancelLater = undefined;
    try {
      while (this.#outbox.length > 0 && !this.#blocked) this.#blocked = !this.#deps.pipe.write(this.#takeWrite());
    } catch (error) {
      this.broken("the line is closed", error);
    }
    if (this.#outbox.length > 0) return;
    this.#flushed?.();
    this.#flushed = undefined;
  }

  #takeWrite(): Uint8Array {
    let count = 0;
    let bytes = 0;
    for (const frame of this.#outbox) {
      if (count > 0 && bytes + frame.byteLength > WRITE_BYTES) break;
      bytes += LENGTH_BYTES + frame.byteLength;
      count += 1;
    }
    this.#outboxBytes -= bytes;
    return joinFrames(this.#outbox.splice(0, count));
  }
}

function checkFrame(frame: Uint8Array): void {
  if (frame.byteLength >= 1 && frame.byteLength <= MAX_FRAME_BYTES) return;
  throw new CortensorError(
    "peer-protocol",
    `a frame of ${frame.byteLength} bytes cannot be sent; the limit is ${MAX_FRAME_BYTES}`,
    {
      data: { frameBytes: frame.byteLength, limitBytes: MAX_FRAME_BYTES },
    },
  );
}
