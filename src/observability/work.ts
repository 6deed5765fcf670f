import type { Clock } from "../util/types.ts";
import { RollingCounter } from "./rollingCounter.ts";
import { RollingSamples } from "./rollingSamples.ts";
import type { WorkFacts } from "./snapshot.ts";

const HOUR_MS = 3_600_000;
const HOUR_S = 3600;
const POINTS = 12;
const POINT_S = 5;
/** Quantiles are over the last hour or this many tasks, whichever is less. */
const SAMPLES = 2048;

export interface TaskDone {
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** From the order to the last token. */
  readonly durationMs: number;
  /** Given, the answer's speed is that of decoding alone. */
  readonly ttftMs?: number;
}

/** Counts a node's work into `WorkFacts`. Output tokens count as they come, so an answer that fails later counts too. */
export class WorkMeter {
  readonly #clock: Clock;
  readonly #done = new RollingCounter(HOUR_S);
  readonly #failed = new RollingCounter(HOUR_S);
  readonly #tokens = new RollingCounter(POINTS * POINT_S + 1);
  readonly #ttft = new RollingSamples(SAMPLES);
  readonly #speed = new RollingSamples(SAMPLES);
  #usualTtftMs: number | null = null;
  #usualAt = 0;
  #running = 0;
  #tasksTotal = 0;
  #promptTokensTotal = 0;
  #outputTokensTotal = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tasks started and neither done nor failed. */
  get running(): number {
    return this.#running;
  }

  taskStarted(): void {
    this.#running += 1;
  }

  firstToken(ttftMs: number): void {
    this.#ttft.add(ttftMs, this.#clock.now());
  }

  /** `count` output tokens arrived. */
  tokens(count: number): void {
    this.#outputTokensTotal += count;
    this.#tokens.add(count, this.#clock.now());
  }

  taskDone(task: TaskDone): void {
    const now = this.#clock.now();
    this.#running = Math.max(this.#running - 1, 0);
    this.#tasksTotal += 1;
    this.#promptTokensTotal += task.promptTokens;
    this.#done.add(1, now);
    const speed = answerSpeed(task);
    if (speed !== undefined) this.#speed.add(speed, now);
  }

  taskFailed(): void {
    this.#running = Math.max(this.#running - 1, 0);
    this.#failed.add(1, this.#clock.now());
  }

  /** Median time to the first token, at most a second old: it is asked for with every order. */
  ttftMs(): number | null {
    const now = this.#clock.now();
    if (Math.abs(now - this.#usualAt) >= 1000 || this.#usualTtftMs === null) {
      this.#usualAt = now;
      this.#usualTtftMs = this.#ttft.quantiles([0.5], now - HOUR_MS)[0] ?? null;
    }
    return this.#usualTtftMs;
  }

  facts(): WorkFacts {
    const now = this.#clock.now();
    const [ttftMs = null, ttftP95Ms = null] = this.#ttft.quantiles([0.5, 0.95], now - HOUR_MS);
    const [answerTokensPerSecond = null] = this.#speed.quantiles([0.5], now - HOUR_MS);
    // Nine whole seconds and the running one, so that the rate does not dip at the start of each second.
    const rateSeconds = 9 + (now % 1000) / 1000;
    return {
      tasksTotal: this.#tasksTotal,
      tasksLastHour: this.#done.sum(HOUR_S, now),
      failedLastHour: this.#failed.sum(HOUR_S, now),
      tasksLastMinute: this.#done.sum(60, now),
      promptTokensTotal: this.#promptTokensTotal,
      outputTokensTotal: this.#outputTokensTotal,
      tokensPerSecond: this.#tokens.sum(10, now) / rateSeconds,
      ttftMs,
      ttftP95Ms,
      answerTokensPerSecond,
      tasksHistory: history(this.#done, now),
      tokensHistory: history(this.#tokens, now),
    };
  }
}

/** Decode speed in tokens per second; unknown for answers too short to tell. */
function answerSpeed({ outputTokens, durationMs, ttftMs }: TaskDone): number | undefined {
  const decoded = ttftMs === undefined ? outputTokens : outputTokens - 1;
  const tookMs = durationMs - (ttftMs ?? 0);
  return decoded > 0 && tookMs > 0 ? (decoded / tookMs) * 1000 : undefined;
}

/** Sums of 5 s each, oldest first; the last holds the running second and the four before. */
function history(counter: RollingCounter, nowMs: number): number[] {
  return Array.from({ length: POINTS }, (_, i) => counter.sum(POINT_S, nowMs, (POINTS - 1 - i) * POINT_S));
}
