import type { Log } from "../observability/log.ts";
import type { Startable } from "../util/types.ts";

/** Parts that were started, to be stopped in reverse. */
export class Lifecycle {
  readonly #started: { readonly name: string; stop(): Promise<void> }[] = [];
  readonly #log: Log;
  #stopping: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Starts a part and remembers it. A part that does not start is not stopped; those before it are, by `stop`. */
  async start<T extends Startable>(name: string, part: T, signal?: AbortSignal): Promise<T> {
    await part.start(signal);
    this.onStop(name, () => part.stop());
    return part;
  }

  /** Something to undo at the stop, such as a lock. */
  onStop(name: string, stop: () => Promise<void> | void): void {
    this.#started.push({
      name,
      stop: async () => {
        await stop();
      },
    });
  }

  /** Stops everything, last first. A part that fails to stop does not keep the others. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const part of this.#started.splice(0).toReversed()) {
      try {
        await part.stop();
      } catch (error) {
        this.#log.error("part did not stop cleanly", { part: part.name }, error);
      }
    }
  }
}
