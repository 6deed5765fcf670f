import type { Store, Write } from "../store/interface.ts";

interface Batch {
  readonly rows: Write[];
  readonly written: PromiseWithResolvers<void>;
}

/**
 * Gathers rows until the end of the event-loop turn, or as long as `later` says. What an answer settles is written at the
 * end of its turn too, and the store syncs both at once: a receipt costs no second sync for being remembered.
 */
export class TurnWrites {
  readonly #store: Pick<Store, "write">;
  readonly #later: (action: () => void) => unknown;
  #batch: Batch | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(store: Pick<Store, "write">, later: (action: () => void) => unknown = setImmediate) {
    this.#store = store;
    this.#later = later;
  }

  /** Resolves when the rows are on disk. Reads see them after `flush`. */
  add(rows: readonly Write[]): Promise<void> {
    const batch = (this.#batch ??= this.#open());
    batch.rows.push(...rows);
    return batch.written.promise;
  }

  /** Hands everything to the store now; resolves when all that was added so far is on disk. */
  flush(): Promise<void> {
    if (this.#batch !== undefined) this.#write(this.#batch);
    return this.#last;
  }

  #open(): Batch {
    const batch: Batch = { rows: [], written: Promise.withResolvers<void>() };
    this.#later(() => this.#write(batch));
    return batch;
  }

  #write(batch: Batch): void {
    if (this.#batch !== batch) return;
    this.#batch = undefined;
    const { promise, resolve, reject } = batch.written;
    this.#store.write(batch.rows).then(resolve, reject);
    // A disk that refuses is met by whoever waits for the rows.
    promise.catch(() => undefined);
    this.#last = Promise.allSettled([this.#last, promise]).then(() => promise);
    this.#last.catch(() => undefined);
  }
}
