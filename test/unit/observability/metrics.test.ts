import { expect, onTestFinished, test } from "vitest";
import { createMetrics, type Metrics, SECONDS_BUCKETS } from "../../../src/observability/metrics.ts";

function setUp(): Metrics {
  const metrics = createMetrics();
  onTestFinished(() => metrics.close());
  return metrics;
}

test("counters, gauges and histograms are written in the exposition format", async () => {
  const metrics = setUp();
  const tasks = metrics.counter({ name: "cortensor_tasks_total", help: "Tasks.", labels: ["state", "reason"] });
  tasks.add(1, { state: "failed", reason: "timeout" });
  tasks.add(2, { state: "failed", reason: "timeout" });
  const plain = metrics.counter({ name: "cortensor_attempts_total", help: "Attempts." });
  plain.add(5);
  const slots = metrics.gauge({ name: "cortensor_slots_busy", help: "Slots." });
  slots.set(3);
  slots.add(-1);
  const ttft = metrics.histogram({ name: "cortensor_first_token_seconds", help: "TTFT.", buckets: SECONDS_BUCKETS });
  ttft.observe(0.2);
  const text = await metrics.text();
  expect(text).toContain('cortensor_tasks_total{state="failed",reason="timeout"} 3\n');
  expect(text).toContain("cortensor_attempts_total 5\n");
  expect(text).toContain("cortensor_slots_busy 2\n");
  expect(text).toContain('cortensor_first_token_seconds_bucket{le="0.25"} 1\n');
  expect(text).toContain("cortensor_first_token_seconds_count 1\n");
  expect(metrics.contentType).toContain("text/plain");
});

test("a gauge with a reader is read at each scrape", async () => {
  const metrics = setUp();
  let peers = 1;
  metrics.gauge({ name: "cortensor_peers", help: "Peers.", read: () => peers });
  expect(await metrics.text()).toContain("cortensor_peers 1\n");
  peers = 7;
  expect(await metrics.text()).toContain("cortensor_peers 7\n");
});

test("every process reports its event loop, memory and CPU", async () => {
  const text = await setUp().text();
  for (const name of [
    "event_loop_delay_p99_seconds",
    "process_resident_bytes",
    "process_cpu_seconds",
    "process_start_time_seconds",
  ]) {
    expect(text).toMatch(new RegExp(`^cortensor_${name} [0-9.e+-]+$`, "m"));
  }
});

test("a name without the prefix, or taken, is a bug that shows at once", () => {
  const metrics = setUp();
  const name = "tasks_total" as "cortensor_tasks_total";
  expect(() => metrics.counter({ name, help: "x" })).toThrow("cortensor_");
  metrics.counter({ name: "cortensor_twice_total", help: "x" });
  expect(() => metrics.counter({ name: "cortensor_twice_total", help: "x" })).toThrow("twice");
});

test("two registries in one process do not meet", async () => {
  const [one, two] = [setUp(), setUp()];
  one.counter({ name: "cortensor_only_here_total", help: "x" }).add(1);
  expect(await two.text()).not.toContain("only_here");
});
