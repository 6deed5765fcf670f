import type { CortensorClient } from "../../client/index.ts";
import { isAbort } from "../../errors/cortensorError.ts";
import type { Clock } from "../../util/types.ts";

/** Of a server that does not say how many answers it can give at once. */
const UNKNOWN = 4;
const EVERY_MS = 2000;

export interface WidthOptions {
  /** `--parallel`; the router's slots when absent. */
  readonly fixed: number | undefined;
  /** How many requests of ours run now. */
  readonly running: () => number;
}

/** How many requests may run at once: as many as the miners have slots that nobody else uses, read again as it goes. */
export class Width {
  readonly #options: WidthOptions;
  readonly #deps: { readonly client: Pick<CortensorClient, "slots">; readonly clock: Clock };
  #value: number;
  #cancel = (): void => {};

  constructor(options: WidthOptions, deps: { client: Pick<CortensorClient, "slots">; clock: Clock }) {
    this.#options = options;
    this.#deps = deps;
    this.#value = options.fixed ?? UNKNOWN;
  }

  get value(): number {
    return this.#value;
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#options.fixed === undefined) await this.#read(signal);
  }

  stop(): void {
    this.#cancel();
  }

  async #read(signal: AbortSignal): Promise<void> {
    try {
      const slots = await this.#deps.client.slots(signal);
      if (slots === undefined) return;
      const others = Math.max(0, slots.busy - this.#options.running());
      this.#value = Math.max(1, slots.total - others);
    } catch (error) {
      // A router that is away answers no request either, and those are what the batch stops at.
      if (isAbort(error)) return;
    }
    this.#cancel = this.#deps.clock.after(EVERY_MS, () => void this.#read(signal));
  }
}
