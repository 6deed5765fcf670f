import type { Clock } from "../../util/types.ts";

export interface HeartbeatOptions {
  /** Time between two looks at a line. */
  readonly intervalMs: number;
  /** Looks in a row at which a ping is unanswered and nothing else has come; then the line is dropped. */
  readonly misses: number;
}

export interface WatchedLine {
  /** Settles with the answer; asked only while no other is waiting. */
  ping(): Promise<unknown>;
  drop(reason: Error): void;
}

export interface Watch {
  /** Something came from the other side. */
  readonly heard: () => void;
  /** The line has ended. */
  readonly end: () => void;
}

interface Watched {
  readonly line: WatchedLine;
  heard: boolean;
  waiting: boolean;
  missed: number;
}

/**
 * Notices lines that have died without a word. Whatever comes is a sign of life; a quiet line is asked for one. Misses are
 * counted by looks and not by time, so that this process standing still for a while blames nobody.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #cancel: (() => void) | undefined;

  constructor(options: HeartbeatOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  start(): void {
    this.#cancel = this.#clock.after(this.#options.intervalMs, () => {
      for (const watched of this.#watched) this.#look(watched);
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#watched.clear();
  }

  watch(line: WatchedLine): Watch {
    const watched: Watched = { line, heard: true, waiting: false, missed: 0 };
    this.#watched.add(watched);
    return {
      heard: () => {
        watched.heard = true;
      },
      end: () => this.#watched.delete(watched),
    };
  }

  #look(watched: Watched): void {
    const { heard, waiting } = watched;
    watched.heard = false;
    if (heard) {
      watched.missed = 0;
      return;
    }
    if (waiting) watched.missed += 1;
    if (watched.missed >= this.#options.misses) {
      this.#watched.delete(watched);
      watched.line.drop(new Error(`no sign of life for ${(watched.missed * this.#options.intervalMs) / 1000} s`));
    } else if (!waiting) {
      this.#ping(watched);
    }
  }

  #ping(watched: Watched): void {
    watched.waiting = true;
    const settled = (): void => {
      watched.waiting = false;
    };
    void watched.line.ping().then(settled, settled);
  }
}
