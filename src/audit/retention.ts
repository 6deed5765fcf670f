import type { Chain } from "../chain/interface.ts";
import type { Log } from "../observability/log.ts";
import type { Clock, Startable } from "../util/types.ts";
import { watchEpoch } from "./watchEpoch.ts";

interface Deps {
  readonly chain: Pick<Chain, "epoch" | "onHead">;
  readonly clock: Clock;
  readonly log: Log;
  /** Deletes what an epoch that begins does not need any more. */
  forget(epoch: number): Promise<void>;
}

/** Deletes, at the beginning of each epoch, what was kept long enough. */
export class Retention implements Startable {
  readonly #deps: Deps;
  #stopListening = (): void => {};
  #running: Promise<void> | undefined;
  #doneTo = -1;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#stopListening = watchEpoch(this.#deps, () => this.#look());
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stopListening();
    await this.#running;
  }

  #look(): void {
    const { epoch } = this.#deps.chain.epoch();
    if (this.#running !== undefined || epoch <= this.#doneTo) return;
    this.#doneTo = epoch;
    this.#running = this.#deps
      .forget(epoch)
      .catch((error: unknown) => this.#deps.log.warn("what was kept for audits could not be deleted", { epoch }, error))
      .finally(() => (this.#running = undefined));
  }
}
