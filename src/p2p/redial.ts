import { Backoff, sleep } from "../util/async.ts";
import type { Clock } from "../util/types.ts";
import type { PeerStream, ProtocolId, Transport } from "./interface.ts";

export interface BackoffTimes {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Half a second at first, a quarter of a minute at most. */
export const REDIAL_TIMES: BackoffTimes = { firstMs: 500, maxMs: 15_000 };

export interface KeepOpenOptions {
  /** Asked before each try, so that a peer that moved is found. */
  readonly address: string | (() => string);
  readonly protocol: ProtocolId;
  readonly transport: Pick<Transport, "open">;
  readonly clock: Clock;
  /** Uses the stream; the line counts as down when this settles or throws, and is closed then. */
  readonly onStream: (stream: PeerStream) => Promise<void>;
  /** Called when a try failed or a line went down; `error` is undefined when it ended in order. */
  readonly onDown?: (down: { readonly error: unknown; readonly attempt: number; readonly nextInMs: number }) => void;
  readonly backoff?: BackoffTimes;
  readonly random?: () => number;
  /** The longest wait for one try. */
  readonly dialMs?: number;
}

export interface KeptOpen {
  /** Whether a stream is open now. */
  readonly connected: boolean;
  /** Tries now instead of at the end of the wait. */
  retry(): void;
  /** Ends the stream and the redialling. */
  stop(): Promise<void>;
}

/** Keeps one stream to a peer open: dials again, with growing waits, whenever it is down. */
export function keepOpen(options: KeepOpenOptions): KeptOpen {
  const redialler = new Redialler(options);
  redialler.run();
  return redialler;
}

class Redialler implements KeptOpen {
  readonly #options: KeepOpenOptions;
  readonly #times: BackoffTimes;
  readonly #stopped = new AbortController();
  #stream: PeerStream | undefined;
  readonly #backoff: Backoff;
  #waiting: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(options: KeepOpenOptions) {
    this.#options = options;
    this.#times = options.backoff ?? REDIAL_TIMES;
    this.#backoff = new Backoff({ ...this.#times, random: options.random ?? Math.random });
  }

  get connected(): boolean {
    return this.#stream !== undefined;
  }

  run(): void {
    this.#done = this.#loop();
  }

  retry(): void {
    this.#waiting?.abort();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#waiting?.abort();
    await this.#stream?.close();
    await this.#done;
  }

  async #loop(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const error = await this.#once();
      if (this.#stopped.signal.aborted) return;
      const nextInMs = this.#backoff.nextMs();
      this.#options.onDown?.({ error, attempt: this.#backoff.tries, nextInMs });
      await this.#wait(nextInMs);
    }
  }

  /** One line, from dialling to its end; returns why it ended. */
  async #once(): Promise<unknown> {
    const { clock, onStream } = this.#options;
    try {
      const stream = await this.#dial();
      this.#stream = stream;
      const openedAt = clock.now();
      try {
        await onStream(stream);
        return undefined;
      } finally {
        this.#stream = undefined;
        // A line that has stood as long as the longest wait was a good one: the waits start over.
        if (clock.now() - openedAt >= this.#times.maxMs) this.#backoff.reset();
        await stream.close();
      }
    } catch (error) {
      return error;
    }
  }

  async #dial(): Promise<PeerStream> {
    const { address, clock, protocol, transport, dialMs = 10_000 } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(dialMs, () => late.abort(new DOMException("no answer in time", "TimeoutError")));
    try {
      const to = typeof address === "string" ? address : address();
      const stream = await transport.open(to, protocol, AbortSignal.any([this.#stopped.signal, late.signal]));
      if (!this.#stopped.signal.aborted) return stream;
      await stream.close();
      throw this.#stopped.signal.reason;
    } finally {
      cancel();
    }
  }

  async #wait(delayMs: number): Promise<void> {
    this.#waiting = new AbortController();
    // Ended early by `retry` or `stop`: either way the loop goes on.
    await sleep(delayMs, this.#waiting.signal, this.#options.clock).catch(() => undefined);
  }
}
