import type { StatusSnapshot } from "../observability/snapshot.ts";
import type { Clock, Startable } from "../util/types.ts";

export interface FeedOptions {
  /** The newest snapshot; may throw, then the last one stands and grows old. */
  readonly read: () => Promise<StatusSnapshot>;
  readonly intervalMs: number;
}

/** What there is to show. A new object whenever something changed. */
export interface Picture {
  readonly snapshot: StatusSnapshot | undefined;
  /** When the snapshot came, in milliseconds since 1970. */
  readonly updatedAt: number;
  readonly now: number;
  /** Why the last reading failed. */
  readonly failure: string | undefined;
}

const TICK_MS = 1000;

/** Reads a snapshot every so often and tells when there is a new one, or when a second has passed. */
export class Feed implements Startable {
  readonly #options: FeedOptions;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #picture: Picture;
  #running = false;
  #reading = false;
  #again = false;
  #cancelRead: () => void = () => {};
  #cancelTick: () => void = () => {};

  constructor(options: FeedOptions, { clock }: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = clock;
    const now = clock.now();
    this.#picture = { snapshot: undefined, updatedAt: now, now, failure: undefined };
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#tick();
    await this.#read();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancelRead();
    this.#cancelTick();
  }

  /** Reads at once, or again at once after the reading that is under way. */
  lookNow(): void {
    if (this.#reading) this.#again = true;
    else void this.#read();
  }

  readonly picture = (): Picture => this.#picture;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async #read(): Promise<void> {
    this.#cancelRead();
    this.#reading = true;
    let change: Partial<Picture>;
    try {
      change = { snapshot: await this.#options.read(), updatedAt: this.#clock.now(), failure: undefined };
    } catch (error) {
      change = { failure: error instanceof Error ? error.message : String(error) };
    }
    this.#reading = false;
    if (!this.#running) return;
    this.#show(change);
    const waitMs = this.#again ? 0 : this.#options.intervalMs;
    this.#again = false;
    this.#cancelRead = this.#clock.after(waitMs, () => void this.#read());
  }

  /** The clock goes on, and old values grow older, also while no answer comes. */
  #tick(): void {
    if (!this.#running) return;
    this.#cancelTick = this.#clock.after(TICK_MS, () => {
      this.#show({});
      this.#tick();
    });
  }

  #show(change: Partial<Picture>): void {
    this.#picture = { ...this.#picture, ...change, now: this.#clock.now() };
    for (const listener of this.#listeners) listener();
  }
}
