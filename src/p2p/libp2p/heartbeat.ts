import type { MessageStream, StreamMuxerFactory } from "@libp2p/interface";
import { type YamuxMuxerInit, yamux } from "@libp2p/yamux";
import type { Clock } from "../../util/types.ts";

export interface HeartbeatOptions {
  /** Time between two looks at a connection. */
  readonly intervalMs: number;
  /** Looks in a row at which a ping is unanswered and nothing else has come; then the connection is closed. */
  readonly misses: number;
}

interface Watched {
  readonly line: MessageStream;
  readonly ping: () => Promise<unknown>;
  readonly drop: (reason: Error) => void;
  heard: boolean;
  waiting: boolean;
  missed: number;
}

/**
 * Notices connections that have died without a word. Any byte received is a sign of life; on a quiet connection the
 * multiplexer's own ping asks for one, which costs a fraction of a ping stream. Misses are counted by looks and not by
 * time, so that this process standing still for a while blames nobody.
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

  /** The multiplexer, every connection of which is watched. */
  muxer(init: YamuxMuxerInit): () => StreamMuxerFactory {
    const create = yamux({ ...init, enableKeepAlive: false });
    return () => {
      const factory = create();
      return {
        protocol: factory.protocol,
        createStreamMuxer: (line) => {
          const muxer = factory.createStreamMuxer(line);
          const drop = (reason: Error): void => {
            muxer.abort(reason);
            line.abort(reason);
          };
          // Without a signal: a pong that comes after its ping was given up would end the connection.
          this.#watch({ line, ping: () => muxer.ping(), drop, heard: true, waiting: false, missed: 0 });
          return muxer;
        },
      };
    };
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

  #watch(watched: Watched): void {
    this.#watched.add(watched);
    watched.line.addEventListener("message", () => (watched.heard = true));
    watched.line.addEventListener("close", () => this.#watched.delete(watched));
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
      watched.drop(new Error(`no sign of life for ${(watched.missed * this.#options.intervalMs) / 1000} s`));
    } else if (!waiting) {
      this.#ping(watched);
    }
  }

  #ping(watched: Watched): void {
    watched.waiting = true;
    const settled = (): void => {
      watched.waiting = false;
    };
    void watched.ping().then(settled, settled);
  }
}
