import { sleep } from "../../../util/async.ts";
import type { Clock, Hex } from "../../../util/types.ts";
import type { Log } from "../../../observability/log.ts";
import type { HttpMetrics } from "../httpMetrics.ts";
import type { Running } from "../running.ts";
import { type InputLine, readInput } from "./batchInput.ts";
import type { FileStore } from "./fileStore.ts";
import { answerLine, type LineDeps } from "./lineAnswer.ts";
import { answered, expired, failed, type Outcome } from "./outcome.ts";
import { Outcomes } from "./outcomes.ts";
import { Patience } from "./patience.ts";
import type { BatchRecord } from "./records.ts";
import type { Shelf } from "./shelf.ts";
import type { SlotGate } from "./slotGate.ts";

export interface JobDeps extends LineDeps {
  readonly files: FileStore;
  readonly batches: Shelf<BatchRecord>;
  readonly gate: SlotGate;
  readonly running: Running;
  readonly metrics: HttpMetrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly maxLines: number;
}

/** One batch on its way through its states. What it was when the process died it is again when it is run once more. */
export class BatchJob {
  readonly #account: Hex;
  readonly #id: string;
  readonly #deps: JobDeps;
  /** Aborts when no more lines shall begin: cancelled, expired or the router stops. */
  readonly #halt = new AbortController();
  #outcomes: Outcomes | undefined;
  #stopped = false;

  constructor({ account, id }: { account: Hex; id: string }, deps: JobDeps) {
    this.#account = account;
    this.#id = id;
    this.#deps = deps;
  }

  async run(): Promise<void> {
    const { clock } = this.#deps;
    const lines = await this.#validate();
    if (lines === undefined) return;
    this.#outcomes = await Outcomes.open(this.#deps.batches.path(this.#account, this.#id, "part"));
    const cancelExpiry = clock.after(Math.max(0, this.#record.expiresAt * 1000 - clock.now()), () =>
      this.#halt.abort(),
    );
    if (this.#record.status === "cancelling") this.#halt.abort();
    await this.#answerAll(lines, this.#outcomes);
    cancelExpiry();
    if (!this.#stopped) await this.#finish(lines, this.#outcomes);
  }

  async cancel(): Promise<void> {
    if (!["validating", "in_progress"].includes(this.#record.status)) return;
    await this.#change({ status: "cancelling", cancellingAt: this.#now });
    this.#halt.abort();
  }

  /** No line begins any more; those that run are kept when they end before `close`. */
  stop(): void {
    this.#stopped = true;
    this.#halt.abort();
  }

  async close(): Promise<void> {
    this.stop();
    await this.#outcomes?.close();
  }

  get #record(): BatchRecord {
    const record = this.#deps.batches.get(this.#account, this.#id);
    if (record === undefined) throw new Error(`the batch ${this.#id} is gone`);
    return record;
  }

  get #now(): number {
    return Math.floor(this.#deps.clock.now() / 1000);
  }

  async #change(change: Partial<BatchRecord>): Promise<void> {
    await this.#deps.batches.put(this.#account, { ...this.#record, ...change });
  }

  async #validate(): Promise<readonly InputLine[] | undefined> {
    const { files, maxLines } = this.#deps;
    const { endpoint, inputFileId } = this.#record;
    const { lines, errors } = readInput(await files.bytes(this.#account, inputFileId), { endpoint, maxLines });
    if (errors.length > 0) {
      await this.#change({ status: "failed", failedAt: this.#now, errors: [...errors] });
      return undefined;
    }
    const counts = { ...this.#record.counts, total: lines.length };
    if (this.#record.status === "validating")
      await this.#change({ status: "in_progress", in_progressAt: this.#now, counts });
    return lines;
  }

  async #answerAll(lines: readonly InputLine[], outcomes: Outcomes): Promise<void> {
    const { gate } = this.#deps;
    const running = new Set<Promise<void>>();
    for (const line of lines) {
      if (outcomes.has(line.number)) continue;
      if (!(await gate.enter(this.#halt.signal))) break;
      const run = this.#line(line, outcomes).finally(() => running.delete(run));
      running.add(run);
    }
    await Promise.all(running);
  }

  async #line(line: InputLine, outcomes: Outcomes): Promise<void> {
    const outcome = await this.#outcomeOf(line);
    if (outcome === undefined) return;
    await outcomes.add(outcome);
    this.#deps.batches.show(this.#account, {
      ...this.#record,
      counts: { total: this.#record.counts.total, ...outcomes.counts },
    });
  }

  /** Undefined when the line has no result, because its batch stopped before it had one. */
  async #outcomeOf(line: InputLine): Promise<Outcome | undefined> {
    const { clock, gate, metrics, running } = this.#deps;
    const patience = new Patience(clock.now());
    const call = { account: this.#account, batchId: this.#id, endpoint: this.#record.endpoint, line };
    for (;;) {
      const begun = once(() => gate.begun());
      try {
        const answer = await running.during(() => answerLine(call, this.#deps, begun));
        if (answer.finish !== undefined) measure(answer.finish, metrics);
        return answered(this.#id, line, answer);
      } catch (error) {
        begun();
        if (this.#stopped) return undefined;
        const waitMs = patience.waitMs(error, clock.now());
        if (waitMs === undefined) return failed(this.#id, line, error);
        await sleep(waitMs, this.#halt.signal, clock).catch(() => {});
        if (!(await gate.enter(this.#halt.signal))) return undefined;
      } finally {
        begun();
      }
    }
  }

  async #finish(lines: readonly InputLine[], outcomes: Outcomes): Promise<void> {
    const { status } = this.#record;
    const left = lines.filter(({ number }) => !outcomes.has(number));
    const end = status === "cancelling" ? "cancelled" : left.length > 0 ? "expired" : "completed";
    if (end === "completed" && status !== "finalizing")
      await this.#change({ status: "finalizing", finalizingAt: this.#now });
    // A cancelled batch gives out what it has; what it lacks was not wanted any more.
    if (end === "expired") for (const line of left) await outcomes.add(expired(this.#id, line));
    const { completed, failed } = outcomes.counts;
    const outputFileId = completed > 0 ? await this.#give(outcomes, "output") : undefined;
    const errorFileId = failed > 0 ? await this.#give(outcomes, "error") : undefined;
    await this.#change({
      status: end,
      [`${end}At`]: this.#now,
      counts: { total: lines.length, completed, failed },
      ...(outputFileId !== undefined && { outputFileId }),
      ...(errorFileId !== undefined && { errorFileId }),
    });
    await outcomes.remove();
    this.#deps.log.info("batch ended", { batch: this.#id, status: end, completed, failed });
  }

  /** The same file once more when a crash came between it and the batch's record. */
  async #give(outcomes: Outcomes, kind: "output" | "error"): Promise<string> {
    const id = `file-${this.#id.slice("batch_".length)}-${kind}`;
    const content = outcomes.lines(kind === "output");
    const filename = `${this.#id}_${kind}.jsonl`;
    await this.#deps.files.add(this.#account, { id, filename, purpose: "batch_output", content });
    return id;
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}

function measure(
  { finish, promptTokens, outputTokens }: { finish: string; promptTokens: number; outputTokens: number },
  metrics: HttpMetrics,
): void {
  metrics.tasks.add(1, { state: finish, reason: "" });
  metrics.promptTokens.add(promptTokens);
  metrics.outputTokens.add(outputTokens);
}
