import { checkWrites } from "./checkWrites.ts";
import { Group } from "./group.ts";
import type { ScanOptions, Store, Write } from "./interface.ts";
import { type Page, pagedScan, type Row } from "./pagedScan.ts";

type Tables = Map<string, Map<string, Uint8Array>>;

/** A store that forgets with its process, for tests. It keeps its rows from `stop` to the next `start`. */
export class MemoryStore implements Store {
  readonly #rows: Tables = new Map();
  readonly #synced: Tables = new Map();
  #pending: Write[] = [];
  #group: Group | undefined;
  #open = false;

  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#open = true;
  }

  async stop(): Promise<void> {
    this.#group?.close();
    this.#open = false;
  }

  /** A started store with what a kill at this instant would leave: only the writes whose promises have resolved. */
  afterKill(): MemoryStore {
    const left = new MemoryStore();
    left.#open = true;
    for (const [table, rows] of this.#synced) {
      left.#rows.set(table, new Map(rows));
      left.#synced.set(table, new Map(rows));
    }
    return left;
  }

  async write(writes: readonly Write[]): Promise<void> {
    this.#assertOpen();
    checkWrites(writes);
    const copies = writes.map((write) => ({ ...write, value: write.value && Uint8Array.from(write.value) }));
    apply(this.#rows, copies);
    this.#pending.push(...copies);
    this.#group ??= new Group(() => this.#sync());
    await this.#group.done;
  }

  get(table: string, key: string): Uint8Array | undefined {
    this.#assertOpen();
    const value = this.#rows.get(table)?.get(key);
    return value && Uint8Array.from(value);
  }

  scan(table: string, options?: ScanOptions): Iterable<Row> {
    return pagedScan((page) => this.#page(table, page), options);
  }

  #page(table: string, { from, below, limit, reverse }: Page): Row[] {
    this.#assertOpen();
    const rows = [...(this.#rows.get(table) ?? [])]
      .filter(([key]) => byBytes(key, from) >= 0 && (below === undefined || byBytes(key, below) < 0))
      .sort(([one], [other]) => byBytes(one, other));
    if (reverse) rows.reverse();
    return rows.slice(0, limit).map(([key, value]) => [key, Uint8Array.from(value)]);
  }

  #sync(): void {
    this.#group = undefined;
    apply(this.#synced, this.#pending);
    this.#pending = [];
  }

  #assertOpen(): void {
    if (!this.#open) throw new Error("the store in memory is not open");
  }
}

function apply(tables: Tables, writes: readonly Write[]): void {
  for (const { table, key, value } of writes) {
    const rows = tables.get(table) ?? new Map<string, Uint8Array>();
    tables.set(table, rows);
    if (value === undefined) rows.delete(key);
    else rows.set(key, value);
  }
}

/** As SQLite sorts; JavaScript's own order differs beyond U+D7FF. */
function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
