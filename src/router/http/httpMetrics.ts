import { type Counter, type Histogram, type Metrics, SECONDS_BUCKETS } from "../../observability/metrics.ts";
import type { AnsweringRouter } from "./answeringRouter.ts";

export interface HttpMetrics {
  readonly requests: Counter<"route" | "status">;
  /** `state` is the finish reason, or `failed`; `reason` the error's code. */
  readonly tasks: Counter<"state" | "reason">;
  readonly firstTokenSeconds: Histogram;
  readonly tokenSeconds: Histogram;
  readonly promptTokens: Counter;
  readonly outputTokens: Counter;
}

/** Metrics of the HTTP interface; `waiting` counts requests without a first token. */
export function createHttpMetrics(
  metrics: Metrics,
  { router, waiting }: { router: AnsweringRouter; waiting: () => number },
): HttpMetrics {
  metrics.gauge({ name: "cortensor_tasks_waiting", help: "Requests that wait for their first token.", read: waiting });
  metrics.gauge({
    name: "cortensor_slots_busy",
    help: "Slots of connected miners that are taken.",
    read: () => router.slots().busy,
  });
  metrics.gauge({
    name: "cortensor_slots_total",
    help: "Slots of connected miners.",
    read: () => router.slots().total,
  });
  return {
    requests: metrics.counter({
      name: "cortensor_http_requests_total",
      help: "Requests by route and status; 499 when the client left before the answer.",
      labels: ["route", "status"],
    }),
    tasks: metrics.counter({
      name: "cortensor_tasks_total",
      help: "Answers by the way they ended.",
      labels: ["state", "reason"],
    }),
    firstTokenSeconds: metrics.histogram({
      name: "cortensor_first_token_seconds",
      help: "From the request to its first token.",
      buckets: SECONDS_BUCKETS,
    }),
    tokenSeconds: metrics.histogram({
      name: "cortensor_token_seconds",
      help: "Time per token after the first, mean of one answer.",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    }),
    promptTokens: metrics.counter({
      name: "cortensor_prompt_tokens_total",
      help: "Prompt tokens of finished answers.",
    }),
    outputTokens: metrics.counter({
      name: "cortensor_output_tokens_total",
      help: "Output tokens of finished answers.",
    }),
  };
}
