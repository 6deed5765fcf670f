import { CortensorError } from "../../../errors/cortensorError.ts";
import type { ErrorCode } from "../../../errors/catalogue.ts";

/** No free slot and no miner: a batch has a day for that to pass. */
const PASSING: readonly ErrorCode[] = ["rate-limited", "no-capacity"];
/** After a restart miners come back one by one, so a model that nobody serves may be served in a moment. */
const UNSERVED_MS = 60_000;
const TRIES = 3;
const WAIT_MS = 500;

/** How long one line is tried again, by what went wrong. */
export class Patience {
  readonly #begun: number;
  #broken = 0;

  constructor(now: number) {
    this.#begun = now;
  }

  /** Milliseconds until the next try; undefined when the error is the line's result. */
  waitMs(error: unknown, now: number): number | undefined {
    if (!(error instanceof CortensorError)) return undefined;
    const { code, message } = error;
    if (PASSING.includes(code) || message.includes("is being answered already")) return WAIT_MS;
    if (code === "model-unserved") return now - this.#begun < UNSERVED_MS ? WAIT_MS : undefined;
    if (code !== "task-failed") return undefined;
    this.#broken += 1;
    return this.#broken < TRIES ? WAIT_MS : undefined;
  }
}
