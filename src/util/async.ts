import { systemClock } from "./clock.ts";
import type { Clock } from "./types.ts";

/** Resolves after the time; rejects with the signal's reason when it is aborted first. */
export function sleep(ms: number, signal?: AbortSignal, clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    let cancel = (): void => {};
    const stop = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", stop, { once: true });
    cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
  });
}

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly random: () => number;
}

/** Waits that double up to a limit, each drawn between half and the whole, so that many peers do not come back at once. */
export class Backoff {
  readonly #options: BackoffOptions;
  #tries = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  get tries(): number {
    return this.#tries;
  }

  nextMs(): number {
    const { firstMs, maxMs, random } = this.#options;
    const whole = Math.min(maxMs, firstMs * 2 ** Math.min(this.#tries, 30));
    this.#tries += 1;
    return Math.round(whole * (0.5 + random() / 2));
  }

  reset(): void {
    this.#tries = 0;
  }
}
