import { DEADLINE_MS, type Scenario } from "./world.ts";

export interface Results {
  readonly policy: string;
  /** Seconds until the whole answer is there; a miss counts as the deadline. */
  readonly p50Seconds: number;
  readonly p99Seconds: number;
  /** Answers a second in the time tasks came, less its first quarter. */
  readonly throughput: number;
  /** Jain's index of tokens served by what each miner could serve: 1 is equal. */
  readonly fairness: number;
  /** Tasks without an answer, or with one after the deadline. */
  readonly misses: number;
}

/** One answered task; undefined latency: every attempt broke. */
export interface Answered {
  readonly endMs: number;
  readonly latencyMs: number | undefined;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** (sum x)^2 / (n sum x^2), Jain, Chiu and Hawe 1984. */
export function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

export function resultsOf(
  policy: string,
  { scenario, answered, served }: { scenario: Scenario; answered: readonly Answered[]; served: readonly number[] },
): Results {
  const latencies = answered.map(({ latencyMs = DEADLINE_MS }) => Math.min(latencyMs, DEADLINE_MS) / 1000);
  const lastMs = scenario.tasks.at(-1)?.atMs ?? 0;
  const fromMs = lastMs / 4;
  const done = answered.filter(({ endMs, latencyMs }) => latencyMs !== undefined && endMs > fromMs && endMs <= lastMs);
  return {
    policy,
    p50Seconds: percentile(latencies, 0.5),
    p99Seconds: percentile(latencies, 0.99),
    throughput: done.length / ((lastMs - fromMs) / 1000),
    fairness: jain(
      scenario.miners.map(({ decodeMsPerToken, slots }, n) => ((served[n] ?? 0) * decodeMsPerToken) / slots),
    ),
    misses: latencies.filter((seconds) => seconds >= DEADLINE_MS / 1000).length,
  };
}
