import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, Registry } from "prom-client";

/** The labels of one sample: none when the metric has none. */
type LabelsOf<L extends string> = [L] extends [never] ? [] : [labels: Readonly<Record<L, string>>];

export interface Counter<L extends string = never> {
  /** Adds `amount`, 0 or more. */
  add(amount: number, ...labels: LabelsOf<L>): void;
}

export interface Gauge<L extends string = never> {
  set(value: number, ...labels: LabelsOf<L>): void;
  add(amount: number, ...labels: LabelsOf<L>): void;
}

export interface Histogram<L extends string = never> {
  observe(value: number, ...labels: LabelsOf<L>): void;
}

/** The unit is in the name: `cortensor_first_token_seconds`, `cortensor_frame_bytes`; counters end in `_total`. */
export interface MetricSpec<L extends string = never> {
  readonly name: `cortensor_${string}`;
  readonly help: string;
  /** Names whose values come from a small fixed set; never a task, a key or a text. */
  readonly labels?: readonly L[];
}

/** The metrics of one process. Each part declares its own beside its code. */
export interface Metrics {
  counter<const L extends string = never>(spec: MetricSpec<L>): Counter<L>;
  /** With `read`, the value is asked for at each scrape instead of being set. */
  gauge<const L extends string = never>(spec: MetricSpec<L> & { readonly read?: () => number }): Gauge<L>;
  histogram<const L extends string = never>(
    spec: MetricSpec<L> & { readonly buckets: readonly number[] },
  ): Histogram<L>;
  /** The exposition text of `/metrics`. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Ends the measuring of the event loop. */
  close(): void;
}

/** Buckets in seconds from 5 ms to 30 s: time to first token, answers, calls. */
export const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** A registry of its own with the process metrics: event-loop delay, resident memory, CPU, start time. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const configOf = (spec: MetricSpec<string>) => {
    if (!/^cortensor_[a-z][a-z0-9_]*[a-z0-9]$/.test(spec.name))
      throw new Error(`a metric is named cortensor_…, not ${spec.name}`);
    return { name: spec.name, help: spec.help, labelNames: [...(spec.labels ?? [])], registers: [registry] };
  };
  const metrics: Omit<Metrics, "close"> = {
    counter(spec) {
      const counter = new PromCounter(configOf(spec));
      return { add: (amount, ...labels) => counter.inc(labels[0] ?? {}, amount) };
    },
    gauge(spec) {
      const { read } = spec;
      const gauge: PromGauge = new PromGauge({
        ...configOf(spec),
        ...(read === undefined ? {} : { collect: () => gauge.set(read()) }),
      });
      return {
        set: (value, ...labels) => gauge.set(labels[0] ?? {}, value),
        add: (amount, ...labels) => gauge.inc(labels[0] ?? {}, amount),
      };
    },
    histogram(spec) {
      const histogram = new PromHistogram({ ...configOf(spec), buckets: [...spec.buckets] });
      return { observe: (value, ...labels) => histogram.observe(labels[0] ?? {}, value) };
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
  return { ...metrics, close: addProcessMetrics(metrics) };
}

function addProcessMetrics(metrics: Pick<Metrics, "gauge">): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = Date.now() / 1000;
  metrics.gauge({
    name: "cortensor_event_loop_delay_p99_seconds",
    help: "99% of event-loop delays since the last scrape.",
    read: () => {
      const seconds = delay.count === 0 ? 0 : delay.percentile(99) / 1e9;
      delay.reset();
      return seconds;
    },
  });
  metrics.gauge({
    name: "cortensor_process_resident_bytes",
    help: "Resident memory.",
    read: () => process.memoryUsage.rss(),
  });
  metrics.gauge({
    name: "cortensor_process_cpu_seconds",
    help: "CPU time used since the start.",
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });
  metrics.gauge({
    name: "cortensor_process_start_time_seconds",
    help: "Start, in seconds since 1970.",
    read: () => startedAt,
  });
  return () => delay.disable();
}
