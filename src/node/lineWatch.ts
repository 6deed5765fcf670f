import type { Log } from "../observability/log.ts";

/** Says when a line to a router goes down and when it is back, not at every try in between. */
export class LineWatch {
  readonly #address: string;
  readonly #log: Log;
  #down = false;

  constructor(address: string, log: Log) {
    this.#address = address;
    this.#log = log;
  }

  up(): void {
    if (this.#down) this.#log.info("line to router is back", { address: this.#address });
    this.#down = false;
  }

  down({ error, nextInMs }: { readonly error: unknown; readonly nextInMs: number }): void {
    const values = { address: this.#address, nextInMs };
    if (this.#down) this.#log.debug("router still away", values, error);
    else this.#log.warn("line to router is down", values, error);
    this.#down = true;
  }
}
