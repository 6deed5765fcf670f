import type { Clock } from "../util/types.ts";

/** Something that happened, as a sentence for people. */
export interface LatelyEvent {
  readonly at: string;
  readonly text: string;
}

/** The newest events of one node; older ones are forgotten. */
export class EventList {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #events: LatelyEvent[] = [];

  constructor(clock: Clock, limit = 20) {
    this.#clock = clock;
    this.#limit = limit;
  }

  add(text: string): void {
    this.#events.unshift({ at: new Date(this.#clock.now()).toISOString(), text });
    if (this.#events.length > this.#limit) this.#events.pop();
  }

  /** Newest first. */
  list(): readonly LatelyEvent[] {
    return [...this.#events];
  }
}
