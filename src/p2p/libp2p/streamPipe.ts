import type { Stream } from "@libp2p/interface";
import type { FrameStream, Pipe } from "../frameStream.ts";
import { grantSeldom } from "./seldomGrants.ts";

/** The longest wait for the other side's end after ours. */
const END_MS = 3000;

/** A libp2p stream as the pipe of a `FrameStream`. */
export class StreamPipe implements Pipe {
  readonly #stream: Stream;
  #remoteEnded = false;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  get bufferedBytes(): number {
    return this.#stream.writeBufferLength;
  }

  /** Attaches the reader; nothing may be awaited between getting a stream and this. */
  connect(frames: FrameStream): void {
    const stream = this.#stream;
    grantSeldom(stream);
    stream.addEventListener("message", ({ data }) => frames.received(data.subarray()));
    stream.addEventListener("drain", () => frames.drained());
    stream.addEventListener("remoteCloseWrite", () => (this.#remoteEnded = true));
    // "end" also comes when the connection is lost; only with the peer's own end before it is it an end in order.
    stream.addEventListener("end", () => this.#remoteEnded && frames.ended());
    stream.addEventListener("close", ({ error }) => {
      this.resume();
      this.#over(frames, error === undefined ? "the connection was lost" : "the peer dropped the line");
    });
    this.#remoteEnded = stream.status === "open" && stream.remoteWriteStatus === "closed";
    // What had arrived before is dispatched in a microtask, so an end that had come too is told after it.
    queueMicrotask(() => {
      if (stream.status === "aborted" || stream.status === "reset") this.#over(frames, "the peer dropped the line");
      else if (stream.status === "closed" || stream.readableEnded) this.#over(frames, "the connection was lost");
    });
  }

  #over(frames: FrameStream, reason: string): void {
    if (this.#remoteEnded) frames.ended();
    else frames.broken(reason);
  }

  write(bytes: Uint8Array): boolean {
    return this.#stream.send(bytes);
  }

  pause(): void {
    if (this.#stream.readStatus === "readable") this.#stream.pause();
  }

  resume(): void {
    if (this.#stream.readStatus === "paused") this.#stream.resume();
  }

  /** Never rejects: a line that cannot end in order is dropped. */
  async end(): Promise<void> {
    const stream = this.#stream;
    const signal = AbortSignal.timeout(END_MS);
    // The peer's end makes the stream whole; without it the stream is dropped after the wait.
    signal.addEventListener("abort", () => stream.abort(new Error("the peer did not end the stream")));
    try {
      await stream.close({ signal });
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error("the stream did not end"));
    }
  }

  reset(reason: Error): void {
    this.#stream.abort(reason);
  }
}
