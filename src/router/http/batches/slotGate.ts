import type { Clock } from "../../../util/types.ts";

const LOOK_MS = 50;

export interface SlotGateDeps {
  /** Slots of connected miners. */
  slots(): { readonly busy: number; readonly total: number };
  /** Requests of people that have no token yet. */
  waiting(): number;
  isDraining(): boolean;
  readonly clock: Clock;
}

/** Lets lines of batches begin, in the order they came, while slots are free that no request of a person waits for. */
export class SlotGate {
  readonly #deps: SlotGateDeps;
  readonly #queue: (() => void)[] = [];
  /** Lines that began and hold no slot yet. */
  #beginning = 0;
  #cancel: (() => void) | undefined;

  constructor(deps: SlotGateDeps) {
    this.#deps = deps;
  }

  /** Resolves when a line may begin; false when the signal aborted first. To be followed by `begun`. */
  async enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    return await new Promise((resolve) => {
      const admit = (): void => {
        signal.removeEventListener("abort", leave);
        this.#beginning += 1;
        resolve(true);
      };
      const leave = (): void => {
        this.#queue.splice(this.#queue.indexOf(admit), 1);
        resolve(false);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#queue.push(admit);
      this.#look();
    });
  }

  /** The line that entered holds a slot by now, or has ended without. */
  begun(): void {
    this.#beginning -= 1;
    this.#look();
  }

  #look(): void {
    const { busy, total } = this.#deps.slots();
    const taken = busy + this.#deps.waiting() + this.#beginning;
    for (let free = this.#deps.isDraining() ? 0 : total - taken; free > 0; free -= 1) {
      const admit = this.#queue.shift();
      if (admit === undefined) return;
      admit();
    }
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#queue.length > 0) this.#cancel = this.#deps.clock.after(LOOK_MS, () => this.#look());
  }
}
