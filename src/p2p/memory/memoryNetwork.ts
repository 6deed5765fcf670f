import { systemClock } from "../../util/clock.ts";
import type { Address, Clock } from "../../util/types.ts";
import { FrameStream, type FrameStreamOptions } from "../frameStream.ts";
import type { PeerStream, Transport } from "../interface.ts";
import { type ByteRate, PeerBuckets } from "../rateLimit.ts";
import { DEFAULT_LIMITS } from "../streamLimits.ts";
import { type MemoryLine, MemoryPipe } from "./memoryPipe.ts";
import { MemoryTransport, type Switchboard } from "./memoryTransport.ts";

export interface MemoryNetworkOptions {
  readonly clock?: Clock;
  readonly rate?: ByteRate;
  readonly limits?: Partial<Omit<FrameStreamOptions, "remote">>;
}

/** Transports that reach each other inside one process, with the same rules as real ones, and lines that a test can break. */
export interface MemoryNetwork {
  transport(address: Address): Transport;
  /** Breaks all streams between two nodes and lets none be opened. */
  cut(a: Address, b: Address): void;
  /** Undoes `cut`. */
  mend(a: Address, b: Address): void;
  /** Keeps what is sent between two nodes undelivered, as on a line that has died without a sign. */
  hold(a: Address, b: Address): void;
  /** Delivers what was held. */
  release(a: Address, b: Address): void;
}

export function createMemoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  return new MemorySwitchboard(options);
}

interface OpenLine extends MemoryLine {
  readonly pair: string;
  readonly ends: readonly MemoryPipe[];
}

/** Knows who is there and which lines are open between whom. */
class MemorySwitchboard implements MemoryNetwork, Switchboard {
  readonly running = new Map<Address, MemoryTransport>();
  readonly #clock: Clock;
  readonly #options: MemoryNetworkOptions;
  readonly #cut = new Set<string>();
  readonly #held = new Set<string>();
  readonly #lines = new Set<OpenLine>();

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  transport(address: Address): Transport {
    return new MemoryTransport(address, this);
  }

  cut(a: Address, b: Address): void {
    this.#cut.add(pairOf(a, b));
    for (const line of this.#lines) if (line.pair === pairOf(a, b)) line.ends[0]?.kill("the line was cut");
  }

  mend(a: Address, b: Address): void {
    this.#cut.delete(pairOf(a, b));
  }

  hold(a: Address, b: Address): void {
    this.#held.add(pairOf(a, b));
    for (const line of this.#lines) if (line.pair === pairOf(a, b)) line.held = true;
  }

  release(a: Address, b: Address): void {
    this.#held.delete(pairOf(a, b));
    for (const line of this.#lines) {
      if (line.pair !== pairOf(a, b)) continue;
      line.held = false;
      for (const end of line.ends) end.deliver();
    }
  }

  isHeld(a: Address, b: Address): boolean {
    return this.#held.has(pairOf(a, b));
  }

  isCut(a: Address, b: Address): boolean {
    return this.#cut.has(pairOf(a, b));
  }

  buckets(): PeerBuckets {
    return new PeerBuckets(this.#options.rate ?? DEFAULT_LIMITS.rate, this.#clock);
  }

  /** A new line: the end at `from`, and the end at `to`. */
  connect(from: MemoryTransport, to: MemoryTransport): readonly [near: PeerStream, far: PeerStream] {
    const pair = pairOf(from.address, to.address);
    const state = { held: this.#held.has(pair), dead: false, pair, onDead: () => this.#lines.delete(line) };
    const nearPipe = new MemoryPipe(state);
    const farPipe = new MemoryPipe(state);
    const line: OpenLine = Object.assign(state, { ends: [nearPipe, farPipe] });
    this.#lines.add(line);
    const near = this.#stream(nearPipe, from, to.address);
    const far = this.#stream(farPipe, to, from.address);
    nearPipe.connect(near, farPipe);
    farPipe.connect(far, nearPipe);
    return [near, far];
  }

  #stream(pipe: MemoryPipe, owner: MemoryTransport, remote: Address): FrameStream {
    const limits = { ...DEFAULT_LIMITS.stream, ...this.#options.limits };
    const deps = {
      pipe,
      bucket: owner.buckets.of(remote),
      clock: this.#clock,
      onOver: () => owner.streams.delete(stream),
    };
    const stream: FrameStream = new FrameStream({ ...limits, remote }, deps);
    owner.streams.add(stream);
    return stream;
  }
}

function pairOf(a: Address, b: Address): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
