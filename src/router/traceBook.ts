import type { Log } from "../observability/log.ts";
import type { Store, Write } from "../store/interface.ts";
import type { Clock, Hex } from "../util/types.ts";
import type { TaskTrace } from "./trace.ts";
import { decodeTrace, encodeTrace, keptTrace } from "./traceCodec.ts";

const TABLE = "traces";
/** Tasks that are over and still explained. */
const KEPT = 2000;
/** The traces of so long share one sync of the disk: an answer must not wait for its own explanation. */
const FLUSH_MS = 500;

interface Deps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** Traces of the newest tasks that are over. They survive a restart; a kill loses those of the last half second. */
export class TraceBook {
  readonly #deps: Deps;
  readonly #kept: number;
  /** By task, the oldest first, each with its row's number. */
  readonly #entries = new Map<Hex, { readonly number: number; readonly trace: TaskTrace }>();
  #unwritten: Write[] = [];
  #next = 0;
  #failing = false;

  constructor(deps: Deps, { kept = KEPT }: { readonly kept?: number } = {}) {
    this.#deps = deps;
    this.#kept = kept;
  }

  /** Reads the store; call once, after its start. */
  load(): void {
    for (const [key, row] of this.#deps.store.scan(TABLE)) {
      const number = Number(key);
      this.#next = number + 1;
      const trace = decodeTrace(row);
      if (trace === undefined) this.#write(number);
      else this.#entries.set(trace.id, { number, trace });
    }
    this.#forgetOldest();
  }

  /** The newest first. */
  ended(): readonly TaskTrace[] {
    return [...this.#entries.values()].map(({ trace }) => trace).toReversed();
  }

  /** A task is over. */
  add(trace: TaskTrace): void {
    const before = this.#entries.get(trace.id);
    if (before !== undefined) this.#forget(trace.id, before.number);
    const entry = { number: this.#next, trace: keptTrace(trace) };
    this.#next += 1;
    this.#entries.set(trace.id, entry);
    this.#write(entry.number, encodeTrace(entry.trace));
    this.#forgetOldest();
  }

  /** Resolves when everything is on disk, or was refused by it. */
  async flush(): Promise<void> {
    const { store, log } = this.#deps;
    const writes = this.#unwritten;
    this.#unwritten = [];
    if (writes.length === 0) return;
    try {
      await store.write(writes);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) log.warn("traces of tasks could not be kept", { rows: writes.length }, error);
      this.#failing = true;
    }
  }

  #forgetOldest(): void {
    for (const [id, { number }] of this.#entries) {
      if (this.#entries.size <= this.#kept) return;
      this.#forget(id, number);
    }
  }

  #forget(id: Hex, number: number): void {
    this.#entries.delete(id);
    this.#write(number);
  }

  #write(number: number, value?: Uint8Array): void {
    if (this.#unwritten.length === 0) this.#deps.clock.after(FLUSH_MS, () => void this.flush());
    this.#unwritten.push({ table: TABLE, key: String(number).padStart(15, "0"), value });
  }
}
