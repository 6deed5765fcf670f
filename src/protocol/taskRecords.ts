import { z } from "zod";

/**
 * What a router tells of a task. Fields are added, never changed; a client ignores what it does not know. Money is decimal
 * COR, durations are milliseconds, and no prompt and no answer is in it.
 */
const taskFields = {
  /** Whole id, as `x-cortensor-task` gives it. */
  id: z.string(),
  /** `t_` and as many digits as tell it apart from the other tasks of the key, at least 4. */
  short_id: z.string(),
  model: z.string(),
  /** Where it stands; `cancelled` also when there is an answer that was cut short. */
  state: z.string(),
  finish: z.string().nullable(),
  /** Why it failed, as an error code. */
  code: z.string().nullable(),
  /** `client`, `command` or `timeout`. */
  stopped_by: z.string().nullable(),
  created_at: z.string(),
  /** Who works at it, gave the answer or was tried last. */
  miner: z.string().nullable(),
  attempt_count: z.number(),
  /** Null until the miner has counted them. */
  prompt_tokens: z.number().nullable(),
  output_tokens: z.number(),
  ttft_ms: z.number().nullable(),
  /** Null while it runs. */
  duration_ms: z.number().nullable(),
  tokens_per_second: z.number().nullable(),
  /** What its client is charged: the fees of the miners and the router's margin. */
  cost_cor: z.string(),
  receipt: z.string().nullable(),
};

/** A miner that was compared with another. The expected time is the sum of the way, the prompt and the answer. */
const drawnSchema = z.object({
  miner: z.string(),
  expected_ms: z.number(),
  rtt_ms: z.number(),
  prompt_ms: z.number(),
  answer_ms: z.number(),
  /** 0 to 1. */
  /** The part of the prompt in its cache, 0 to 1. */
  prefix_match: z.number(),
  reputation: z.number(),
});

const passedOverSchema = z.object({
  miner: z.string(),
  /** `model`, `excluded` (had the task before), `circuit` (rests after failures), `context`, `price`, `reputation`, `cost`. */
  reason: z.string(),
  /** Of `needed` and `found`: `tokens`, `cor_per_million`, `ms` or `share`. */
  unit: z.string().nullable(),
  needed: z.union([z.number(), z.string()]).nullable(),
  found: z.union([z.number(), z.string()]).nullable(),
});

const attemptSchema = z.object({
  /** From 0, as in the order and its receipt. */
  attempt: z.number(),
  /** `first`, `retry` (none had answered), `hedge` (the first was late) or `failover` (in the middle of the answer). */
  cause: z.string(),
  miner: z.string(),
  queued_ms: z.number(),
  /** From the task's beginning; the times below count from the order. */
  sent_ms: z.number(),
  ack_ms: z.number().nullable(),
  ttft_ms: z.number().nullable(),
  duration_ms: z.number().nullable(),
  /** Output tokens of the whole answer: the first that is this attempt's, and the first that is not any more. */
  from_token: z.number(),
  to_token: z.number(),
  /** `running`, how the answer finished, `slower`, or an error code. */
  end: z.string(),
  why: z.string().nullable(),
  /** The chosen one first. */
  drawn: z.array(drawnSchema),
  passed_over: z.array(passedOverSchema),
  /** Passed over beyond those listed. */
  passed_over_unlisted: z.number(),
  /** Nobody drawn would do, so all were looked at. */
  scanned: z.boolean(),
  /** The order went to a newcomer, or to a miner out of favour, to learn how it does. */
  explored: z.boolean(),
  /** Free slots that were drawn from, and the miners they belong to. */
  free_slots: z.int(),
  free_miners: z.int(),
  prompt_cor_per_million: z.string(),
  output_cor_per_million: z.string(),
  prompt_tokens_paid: z.number(),
  output_tokens_paid: z.number(),
  prompt_cor: z.string(),
  output_cor: z.string(),
  fee_cor: z.string(),
});

export const taskSchema = z.object({ schema: z.literal("cortensor.task/1"), ...taskFields });
export const taskListSchema = z.object({
  schema: z.literal("cortensor.tasks/1"),
  /** How many there are of this key and state. */
  total: z.number(),
  /** The newest first. */
  tasks: z.array(taskSchema),
});
export const explainSchema = z.object({
  schema: z.literal("cortensor.explain/1"),
  ...taskFields,
  attempts: z.array(attemptSchema),
  /** To all miners together. */
  fees_cor: z.string(),
  /** To the router. */
  margin_cor: z.string(),
});

export type TaskRecord = Readonly<z.infer<typeof taskSchema>>;
export type TaskList = Readonly<z.infer<typeof taskListSchema>>;
export type ExplainRecord = Readonly<z.infer<typeof explainSchema>>;
export type ExplainedAttempt = ExplainRecord["attempts"][number];

/** States that can be asked for: `open` is every task that is not over. */
export const TASK_STATES = [
  "open",
  "created",
  "assigned",
  "acknowledged",
  "running",
  "precommitted",
  "committed",
  "validated",
  "closed",
  "failed",
  "cancelled",
] as const;
export type AskedState = (typeof TASK_STATES)[number];
