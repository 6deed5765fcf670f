import type { Clock } from "../../src/util/types.ts";
import { BATCHING_COST, PATIENCE_MS, type SimMinerSpec, type SimTask, type SlowDown } from "./world.ts";

export type SimEnd =
  | { readonly broken: true }
  | { readonly broken: false; readonly ttftMs: number; readonly durationMs: number };

interface Waiting {
  readonly task: SimTask;
  readonly sinceMs: number;
  readonly done: (end: SimEnd) => void;
}

/** Serves as many orders at once as it has slots, queues the rest, and remembers its last conversations. */
export class SimMiner {
  readonly spec: SimMinerSpec;
  /** Output tokens of finished orders. */
  servedTokens = 0;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #queue: Waiting[] = [];
  /** Tokens in memory by conversation; the oldest first. */
  readonly #memory = new Map<number, number>();
  #running = 0;

  constructor(spec: SimMinerSpec, { clock, random }: { clock: Clock; random: () => number }) {
    this.spec = spec;
    this.#clock = clock;
    this.#random = random;
  }

  take(task: SimTask, done: (end: SimEnd) => void): void {
    const now = this.#clock.now();
    const { silent } = this.spec;
    if (silent !== undefined && now >= silent.fromMs && now < silent.toMs) {
      this.#clock.after(PATIENCE_MS, () => done({ broken: true }));
      return;
    }
    this.#queue.push({ task, sinceMs: now, done });
    this.#next();
  }

  #next(): void {
    if (this.#running >= this.spec.slots) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#running += 1;
    const { rttMs, slowDown, breaks } = this.spec;
    const startMs = this.#clock.now();
    const crowded = 1 + BATCHING_COST * (this.#running - 1);
    const noise = 0.9 + 0.2 * this.#random();
    const firstMs = endOf(startMs, this.#fresh(next.task) * this.spec.prefillMsPerToken * noise, slowDown);
    const decodeMs = next.task.outputTokens * this.spec.decodeMsPerToken * crowded * noise;
    const endMs = endOf(firstMs, decodeMs, slowDown);
    const broken = this.#random() < breaks;
    const stopMs = broken ? startMs + (endMs - startMs) * this.#random() : endMs;
    this.#clock.after(stopMs - startMs, () => {
      this.#running -= 1;
      if (!broken) this.servedTokens += next.task.outputTokens;
      const queuedMs = startMs - next.sinceMs;
      const ttftMs = queuedMs + rttMs + firstMs - startMs;
      next.done(broken ? { broken } : { broken, ttftMs, durationMs: queuedMs + rttMs + endMs - startMs });
      this.#next();
    });
  }

  /** Tokens of the prompt that are not in memory; remembers the order. */
  #fresh({ conversation, promptTokens, outputTokens }: SimTask): number {
    const known = Math.min(this.#memory.get(conversation) ?? 0, promptTokens - 1);
    this.#memory.delete(conversation);
    this.#memory.set(conversation, promptTokens + outputTokens);
    const [oldest] = this.#memory.keys();
    if (this.#memory.size > 2 * this.spec.slots && oldest !== undefined) this.#memory.delete(oldest);
    return promptTokens - known;
  }
}

/** When work of so many milliseconds is done: slower while the slow-down lasts. */
function endOf(startMs: number, workMs: number, slow: SlowDown | undefined): number {
  if (slow === undefined || startMs >= slow.toMs || startMs + workMs <= slow.fromMs) return startMs + workMs;
  const before = Math.max(0, slow.fromMs - startMs);
  const slowFromMs = startMs + before;
  const slowWork = Math.min(workMs - before, (slow.toMs - slowFromMs) / slow.factor);
  return slowFromMs + slowWork * slow.factor + (workMs - before - slowWork);
}
