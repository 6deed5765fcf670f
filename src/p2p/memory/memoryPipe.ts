import type { FrameStream, Pipe } from "../frameStream.ts";

/** Written and undelivered bytes at which a writer is told to wait. */
const HIGH_WATER_BYTES = 262_144;

/** What two ends share. */
export interface MemoryLine {
  /** Nothing is delivered while true. */
  held: boolean;
  /** Neither end can be used any more. */
  dead: boolean;
  readonly onDead: () => void;
}

/** One end of a line: bytes written here are received by the stream of the other end, in a later microtask. */
export class MemoryPipe implements Pipe {
  readonly #line: MemoryLine;
  #other: MemoryPipe | undefined;
  #stream: FrameStream | undefined;
  #queue: Uint8Array[] = [];
  #paused = false;
  #toldToWait = false;
  #ending: (() => void) | undefined;
  #ended = false;
  bufferedBytes = 0;

  constructor(line: MemoryLine) {
    this.#line = line;
  }

  connect(stream: FrameStream, other: MemoryPipe): void {
    this.#stream = stream;
    this.#other = other;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#line.dead || this.#ended) throw new Error("the line is closed");
    this.#queue.push(bytes);
    this.bufferedBytes += bytes.byteLength;
    this.#toldToWait = this.bufferedBytes >= HIGH_WATER_BYTES;
    queueMicrotask(() => this.deliver());
    return !this.#toldToWait;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#other?.deliver();
  }

  end(): Promise<void> {
    if (this.#line.dead || this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#ending = resolve;
      queueMicrotask(() => this.deliver());
    });
  }

  reset(): void {
    this.kill("the peer dropped the line");
  }

  /** Ends both directions at once; each side that has not ended yet sees a broken line. */
  kill(reason: string): void {
    if (this.#line.dead) return;
    this.#line.dead = true;
    this.#line.onDead();
    for (const pipe of [this, this.#other]) pipe?.drop(reason);
  }

  drop(reason: string): void {
    this.#queue = [];
    this.bufferedBytes = 0;
    this.#ending?.();
    queueMicrotask(() => this.#stream?.broken(reason));
  }

  deliver(): void {
    const other = this.#other;
    if (other === undefined) return;
    while (!other.#paused && !this.#line.held && !this.#line.dead) {
      const bytes = this.#queue.shift();
      if (bytes === undefined) break;
      this.bufferedBytes -= bytes.byteLength;
      other.#stream?.received(bytes);
    }
    if (this.#queue.length > 0 || this.#line.dead || this.#line.held) return;
    if (this.#toldToWait) {
      this.#toldToWait = false;
      this.#stream?.drained();
    }
    if (this.#queue.length === 0 && this.#ending !== undefined) this.#endNow(other);
  }

  #endNow(other: MemoryPipe): void {
    this.#ended = true;
    this.#ending?.();
    this.#ending = undefined;
    other.#stream?.ended();
    if (!other.#ended) return;
    this.#line.dead = true;
    this.#line.onDead();
  }
}
