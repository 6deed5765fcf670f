import { decodeFrame, encodeFrame, type Frame } from "../../protocol/frames.ts";
import { sleep } from "../../util/async.ts";
import type { DueFault } from "../../util/fault.ts";
import type { Address, Clock, Hex } from "../../util/types.ts";
import type { PeerStream } from "../interface.ts";
import { lineEnded } from "../unreachable.ts";

const SLOWER = 10;
/** Frames nearer to each other than this are slowed as if they came at this distance. */
const LEAST_GAP_MS = 20;

export interface ChaosStreamDeps {
  readonly clock: Clock;
  /** Whether anything may go wrong now. */
  active(): boolean;
  /** The faults of an answer that begins. */
  throw(): readonly DueFault[];
  /** How late the next frame is. */
  delayMs(): number;
  /** Whether the next frame cuts the line instead. */
  cuts(): boolean;
  random(): number;
  /** Told of each fault that falls; crashes and drains are made there. */
  befall(fault: DueFault, orderId: Hex): void;
}

/** What goes wrong with one answer on the line. */
interface Course {
  due: readonly DueFault[];
  tokens: number;
  /** Nothing of it is sent any more. */
  silent: boolean;
  slow: boolean;
  lastAt: number;
  /** When its newest frame is sent. */
  dueAt: number;
  /** The delayed frames before the next. */
  sending: Promise<void> | undefined;
}

/**
 * A miner's line to a router on which answers fail on purpose. Faults are counted in the tokens that one order sends. The
 * frames of an order keep their order; those of different orders may overtake each other when they are delayed.
 */
export class ChaosStream implements PeerStream {
  readonly remote: Address;
  readonly frames: AsyncIterable<Uint8Array>;
  readonly #line: PeerStream;
  readonly #deps: ChaosStreamDeps;
  readonly #courses = new Map<Hex | "line", Course>();
  readonly #delayed = new Set<Promise<void>>();
  readonly #over = new AbortController();

  constructor(line: PeerStream, deps: ChaosStreamDeps) {
    this.remote = line.remote;
    this.#line = line;
    this.#deps = deps;
    this.frames = this.#read();
  }

  get queuedBytes(): number {
    return this.#line.queuedBytes;
  }

  send(bytes: Uint8Array): void {
    if (!this.#deps.active() && this.#courses.size === 0) return this.#line.send(bytes);
    const frame = decodeFrame(bytes);
    const id = "orderId" in frame ? frame.orderId : "line";
    const course = this.#courses.get(id) ?? this.#begin(id);
    if (frame.type === "tokens" && id !== "line") this.#suffer(frame, course);
    if (endsAnswer(frame)) this.#courses.delete(id);
    if (course.silent || this.#over.signal.aborted) return;
    if (this.#deps.active() && this.#deps.cuts()) this.#cut("flaky");
    else this.#later(bytes, course);
  }

  /** What is delayed is sent first. */
  async close(): Promise<void> {
    await Promise.all(this.#delayed);
    this.#over.abort();
    await this.#line.close();
  }

  abort(reason: Error): void {
    this.#over.abort();
    this.#line.abort(reason);
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#line.frames;
    } finally {
      this.#over.abort();
    }
  }

  #begin(id: Hex | "line"): Course {
    const now = this.#deps.clock.now();
    const due = id === "line" ? [] : this.#deps.throw();
    const course: Course = { due, tokens: 0, silent: false, slow: false, lastAt: now, dueAt: now, sending: undefined };
    this.#courses.set(id, course);
    return course;
  }

  /** The faults of the tokens up to the last of this frame; the frame that would pass the place of a fault suffers it. */
  #suffer(frame: Extract<Frame, { type: "tokens" }>, course: Course): void {
    course.tokens += frame.ids.length;
    const falls = course.due.filter(({ atToken }) => course.tokens > atToken);
    course.due = course.due.filter((fault) => !falls.includes(fault));
    for (const fault of falls) {
      if (course.silent) return;
      this.#deps.befall(fault, frame.orderId);
      this.#fall(fault, { frame, course });
    }
  }

  #fall({ kind }: DueFault, { frame, course }: { frame: Extract<Frame, { type: "tokens" }>; course: Course }): void {
    switch (kind) {
      case "slow":
        course.slow = true;
        return;
      case "drain":
        return;
      case "stall":
        course.silent = true;
        return;
      case "error":
        course.silent = true;
        return this.#line.send(failure(frame.orderId));
      case "corrupt":
        course.silent = true;
        return this.#line.send(garbled(encodeFrame(frame), () => this.#deps.random()));
      case "crash":
      case "drop":
        course.silent = true;
        return this.#cut(kind);
      default:
        kind satisfies never;
    }
  }

  #cut(reason: string): void {
    this.abort(lineEnded(this.remote, `cut on purpose (${reason})`));
  }

  #later(bytes: Uint8Array, course: Course): void {
    const { clock } = this.#deps;
    const now = clock.now();
    const gapMs = Math.max(now - course.lastAt, LEAST_GAP_MS);
    course.lastAt = now;
    const slowMs = course.slow ? SLOWER * gapMs : 0;
    course.dueAt = Math.max(course.dueAt + slowMs, now + this.#deps.delayMs());
    if (course.dueAt <= now && course.sending === undefined) return this.#line.send(bytes);
    const sending = this.#sendAt(course.dueAt, { bytes, after: course.sending }).finally(() => {
      this.#delayed.delete(sending);
      if (course.sending === sending) course.sending = undefined;
    });
    course.sending = sending;
    this.#delayed.add(sending);
  }

  async #sendAt(
    dueAt: number,
    { bytes, after }: { bytes: Uint8Array; after: Promise<void> | undefined },
  ): Promise<void> {
    await after;
    const { clock } = this.#deps;
    try {
      await sleep(Math.max(dueAt - clock.now(), 0), this.#over.signal, clock);
      this.#line.send(bytes);
    } catch {
      // The line has ended meanwhile: what was delayed is lost, as on any line.
    }
  }
}

function endsAnswer(frame: Frame): boolean {
  if (frame.type === "tokens") return frame.finish !== undefined;
  return frame.type === "refuse" || frame.type === "fail";
}

function failure(orderId: Hex): Uint8Array {
  return encodeFrame({
    type: "fail",
    orderId,
    code: "engine",
    retryable: true,
    message: "this answer ends on purpose",
  });
}

/** The bytes with some changed, until nobody can take them for a frame: a changed token would be a lie, not an accident. */
function garbled(bytes: Uint8Array, random: () => number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  do {
    const at = Math.floor(random() * changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 + Math.floor(random() * 255));
  } while (isFrame(changed));
  return changed;
}

function isFrame(bytes: Uint8Array): boolean {
  try {
    decodeFrame(bytes);
    return true;
  } catch {
    return false;
  }
}
