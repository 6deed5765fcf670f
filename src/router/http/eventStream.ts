import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Clock } from "../../util/types.ts";

/** A client that takes nothing for so long is gone; its answer must not hold a miner's slot. */
const STALLED_MS = 60_000;

/** Server-sent events on one response. Writing to a client that is gone does nothing and throws nothing. */
export class EventStream {
  readonly #raw: ServerResponse;
  readonly #clock: Clock;

  constructor(raw: ServerResponse, clock: Clock) {
    this.#raw = raw;
    this.#clock = clock;
  }

  open(headers: Readonly<Record<string, number | string | string[] | undefined>>): void {
    if (this.#raw.destroyed) return;
    this.#raw.writeHead(200, {
      ...headers,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      // Tells nginx to pass events on as they come.
      "x-accel-buffering": "no",
    });
  }

  /** Resolves when the client has room for more. */
  async send(data: unknown): Promise<void> {
    await this.#write(`data: ${JSON.stringify(data)}\n\n`);
  }

  async end(last = ""): Promise<void> {
    await this.#write(last);
    if (!this.#raw.destroyed) this.#raw.end();
  }

  async #write(text: string): Promise<void> {
    if (this.#raw.destroyed || text === "" || this.#raw.write(text)) return;
    const settled = new AbortController();
    const cancel = this.#clock.after(STALLED_MS, () => this.#raw.destroy());
    const { signal } = settled;
    await Promise.race([once(this.#raw, "drain", { signal }), once(this.#raw, "close", { signal })]).catch(() => {});
    cancel();
    settled.abort();
  }
}
