import type { Hex } from "../../../util/types.ts";
import { BatchJob, type JobDeps } from "./batchJob.ts";
import { isOver } from "./records.ts";

/** Runs the batches: of each key one after the other, of several keys beside each other. */
export class BatchRunner {
  readonly #deps: JobDeps;
  readonly #queues = new Map<Hex, string[]>();
  readonly #jobs = new Map<string, BatchJob>();
  #stopped = false;

  constructor(deps: JobDeps) {
    this.#deps = deps;
  }

  /** Goes on with what was not over when the process ended, oldest first. */
  start(): void {
    const open = this.#deps.batches.all().filter(({ record }) => !isOver(record));
    for (const { account, record } of open.toSorted((a, b) => a.record.createdAt - b.record.createdAt))
      this.add(account, record.id);
  }

  add(account: Hex, id: string): void {
    this.#jobs.set(id, new BatchJob({ account, id }, this.#deps));
    const queue = this.#queues.get(account);
    if (queue !== undefined) return void queue.push(id);
    this.#queues.set(account, [id]);
    void this.#work(account);
  }

  /** Resolves when the batch is on its way to being cancelled. */
  async cancel(id: string): Promise<void> {
    await this.#jobs.get(id)?.cancel();
  }

  /** No line begins any more. */
  stop(): void {
    this.#stopped = true;
    for (const job of this.#jobs.values()) job.stop();
  }

  async close(): Promise<void> {
    this.stop();
    await Promise.all([...this.#jobs.values()].map((job) => job.close()));
  }

  async #work(account: Hex): Promise<void> {
    const queue = this.#queues.get(account) ?? [];
    for (let id = queue[0]; id !== undefined && !this.#stopped; id = queue[0]) {
      try {
        await this.#jobs.get(id)?.run();
      } catch (error) {
        // It stays as it is on disk, and a restart tries again.
        this.#deps.log.error("batch stopped", { batch: id }, error);
      }
      queue.shift();
      if (!this.#stopped) this.#jobs.delete(id);
    }
    this.#queues.delete(account);
  }
}
