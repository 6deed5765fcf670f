import type { Address, Clock } from "../util/types.ts";

export interface ByteRate {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
}

/** Bytes that a peer may still send: filled with time, up to the burst. */
export class TokenBucket {
  readonly #rate: ByteRate;
  readonly #clock: Clock;
  #left: number;
  #at: number;

  constructor(rate: ByteRate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
    this.#left = rate.burstBytes;
    this.#at = clock.now();
  }

  /** Takes `bytes`; false when that is more than there is. */
  take(bytes: number): boolean {
    this.#fill();
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  get isFull(): boolean {
    this.#fill();
    return this.#left >= this.#rate.burstBytes;
  }

  #fill(): void {
    const now = this.#clock.now();
    const earned = (Math.max(now - this.#at, 0) / 1000) * this.#rate.bytesPerSecond;
    this.#left = Math.min(this.#left + earned, this.#rate.burstBytes);
    this.#at = now;
  }
}

/** One bucket per peer, over all of its streams and kept when it reconnects. Full ones are forgotten. */
export class PeerBuckets {
  readonly #buckets = new Map<Address, TokenBucket>();
  readonly #rate: ByteRate;
  readonly #clock: Clock;
  #pruneAt = 256;

  constructor(rate: ByteRate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  of(peer: Address): TokenBucket {
    const known = this.#buckets.get(peer);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#pruneAt) this.#prune();
    const bucket = new TokenBucket(this.#rate, this.#clock);
    this.#buckets.set(peer, bucket);
    return bucket;
  }

  #prune(): void {
    for (const [peer, bucket] of this.#buckets) {
      if (bucket.isFull) this.#buckets.delete(peer);
    }
    this.#pruneAt = Math.max(256, this.#buckets.size * 2);
  }
}
