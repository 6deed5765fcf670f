/** What a waiting frame costs in memory beside its bytes, so that tiny frames cannot pile up unnoticed. */
const FRAME_OVERHEAD_BYTES = 64;

export interface InboxHooks {
  /** More than the limit waits: stop the sender. */
  readonly onFull: () => void;
  /** Less than half of the limit waits: let it go on. */
  readonly onRoom: () => void;
}

/** Frames that wait for their one reader. */
export class Inbox implements AsyncIterable<Uint8Array> {
  readonly #limitBytes: number;
  readonly #hooks: InboxHooks;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #full = false;
  #wake: (() => void) | undefined;
  #end: { readonly error?: Error } | undefined;
  #read = false;
  #discarded = false;

  constructor(limitBytes: number, hooks: InboxHooks) {
    this.#limitBytes = limitBytes;
    this.#hooks = hooks;
  }

  push(frame: Uint8Array): void {
    if (this.#end !== undefined) return;
    this.#frames.push(frame);
    this.#bytes += frame.byteLength + FRAME_OVERHEAD_BYTES;
    this.#wake?.();
    if (this.#full || this.#bytes <= this.#limitBytes) return;
    this.#full = true;
    this.#hooks.onFull();
  }

  /** The reader gets what waits, then the end or the error. Only the first end counts. */
  end(error?: Error): void {
    if (this.#end !== undefined) return;
    this.#end = error === undefined ? {} : { error };
    this.#wake?.();
  }

  /** Forgets what waits; only after the end. */
  discard(): void {
    this.#discarded = true;
    this.#frames = [];
    this.#bytes = 0;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#read) throw new Error("the frames of a stream have one reader");
    this.#read = true;
    try {
      for (;;) {
        const batch = this.#frames;
        this.#frames = [];
        for (const frame of batch) {
          if (this.#discarded) break;
          this.#took(frame);
          yield frame;
        }
        if (this.#frames.length > 0) continue;
        if (this.#end?.error !== undefined) throw this.#end.error;
        if (this.#end !== undefined) return;
        await this.#next();
      }
    } finally {
      // Nobody reads any more: what still comes is dropped, and the sender is not held up.
      this.end();
      this.discard();
      if (this.#full) this.#release();
    }
  }

  #took(frame: Uint8Array): void {
    this.#bytes = Math.max(this.#bytes - frame.byteLength - FRAME_OVERHEAD_BYTES, 0);
    if (this.#full && this.#bytes <= this.#limitBytes / 2) this.#release();
  }

  #release(): void {
    this.#full = false;
    this.#hooks.onRoom();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
