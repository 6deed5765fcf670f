/**
 * The writes of one event-loop turn: `commit` runs once, after the turn's input has been handled, and all who joined
 * learn how it ended, when what it returns has.
 */
export class Group {
  readonly done: Promise<void>;
  readonly #settle: { resolve: (end: void | Promise<void>) => void; reject: (error: unknown) => void };
  readonly #immediate: NodeJS.Immediate;
  readonly #commit: () => void | Promise<void>;

  constructor(commit: () => void | Promise<void>) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#settle = { resolve, reject };
    this.#commit = commit;
    // Whoever joined awaits it; a group that fails before anybody could is not an unhandled rejection.
    promise.catch(() => undefined);
    this.#immediate = setImmediate(() => this.close());
  }

  /** Commits now. */
  close(): void {
    clearImmediate(this.#immediate);
    try {
      this.#settle.resolve(this.#commit());
    } catch (error) {
      this.#settle.reject(error);
    }
  }

  /** Ends without a commit. */
  fail(error: unknown): void {
    clearImmediate(this.#immediate);
    this.#settle.reject(error);
  }
}
