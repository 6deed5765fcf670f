import { CortensorError } from "../errors/cortensorError.ts";

/** A frame has 1 byte to 1 MiB; on the line its length stands before it, 4 bytes big-endian. */
export const MAX_FRAME_BYTES = 1_048_576;
export const LENGTH_BYTES = 4;

/** Several frames as one piece, so that a burst of small ones costs one write. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  const total = frames.reduce((sum, frame) => sum + LENGTH_BYTES + frame.byteLength, 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const frame of frames) {
    view.setUint32(at, frame.byteLength);
    bytes.set(frame, at + LENGTH_BYTES);
    at += LENGTH_BYTES + frame.byteLength;
  }
  return bytes;
}

/** Cuts arriving bytes into frames. Holds at most one unfinished frame. */
export class FrameReader {
  #parts: Uint8Array[] = [];
  #held = 0;
  /** Bytes that the next step needs: a length, or a length and its frame. */
  #needed = LENGTH_BYTES;

  /** The frames that `chunk` completes; throws `peer-protocol` on a length out of range, before any of it is stored. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#parts.push(chunk);
    this.#held += chunk.byteLength;
    if (this.#held < this.#needed) return [];
    const bytes = this.#parts.length === 1 ? chunk : concat(this.#parts, this.#held);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frames: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const left = bytes.byteLength - at;
      this.#needed = left < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + checkedLength(view.getUint32(at));
      if (left < this.#needed) break;
      frames.push(bytes.subarray(at + LENGTH_BYTES, at + this.#needed));
      at += this.#needed;
    }
    this.#held = bytes.byteLength - at;
    this.#parts = this.#held === 0 ? [] : [bytes.subarray(at)];
    return frames;
  }
}

function concat(parts: readonly Uint8Array[], total: number): Uint8Array {
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

function checkedLength(length: number): number {
  if (length >= 1 && length <= MAX_FRAME_BYTES) return length;
  throw new CortensorError(
    "peer-protocol",
    `the peer sent a frame of ${length} bytes; the limit is ${MAX_FRAME_BYTES}`,
    {
      data: { frameBytes: length, limitBytes: MAX_FRAME_BYTES },
    },
  );
}
