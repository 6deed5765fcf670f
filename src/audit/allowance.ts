import type { Address, Clock } from "../util/types.ts";

export interface AllowanceRate {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
}

/** Peers that are remembered; those that have their whole allowance are forgotten first. */
const MOST_PEERS = 1024;

/** What each peer may still be sent: filled with time, up to the burst. An answer may overdraw it once. */
export class Allowance {
  readonly #rate: AllowanceRate;
  readonly #clock: Clock;
  readonly #left = new Map<Address, { bytes: number; at: number }>();

  constructor(rate: AllowanceRate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Whether anything is left. */
  has(peer: Address): boolean {
    return this.#now(peer) > 0;
  }

  take(peer: Address, bytes: number): void {
    const left = this.#now(peer) - bytes;
    this.#left.delete(peer);
    this.#left.set(peer, { bytes: left, at: this.#clock.now() });
    if (this.#left.size > MOST_PEERS) this.#forgetOldest();
  }

  #now(peer: Address): number {
    const { bytesPerSecond, burstBytes } = this.#rate;
    const left = this.#left.get(peer);
    if (left === undefined) return burstBytes;
    return Math.min(burstBytes, left.bytes + ((this.#clock.now() - left.at) / 1000) * bytesPerSecond);
  }

  /** The one that was served longest ago has most of its allowance back. */
  #forgetOldest(): void {
    const [oldest] = this.#left.keys();
    if (oldest !== undefined) this.#left.delete(oldest);
  }
}
