import { isOver } from "../../protocol/task.ts";
import type { TaskRecord } from "../../protocol/taskRecords.ts";
import { formatCor } from "../../util/money.ts";
import type { AttemptTrace, TaskTrace } from "../trace.ts";
import { shortTaskId } from "./findTask.ts";

/** What a task came to, in short. `others` are the tasks of the same key, which its short id tells it apart from. */
export function taskRecord(trace: TaskTrace, others: readonly TaskTrace[]): TaskRecord {
  return { schema: "cortensor.task/1", ...taskFields(trace, others) };
}

export function taskFields(trace: TaskTrace, others: readonly TaskTrace[]): Omit<TaskRecord, "schema"> {
  const { state, attempts } = trace;
  const over = isOver(state);
  const outputTokens = Math.max(trace.outputTokens, state.outputTokens);
  const ttftMs = firstTokenMs(attempts);
  const durationMs = over ? Math.round(trace.durationMs) : null;
  const said = stateOf(trace);
  return {
    id: trace.id,
    short_id: shortTaskId(trace.id, others),
    model: trace.model,
    state: said,
    finish: state.finish ?? null,
    code: state.status === "failed" ? (state.code ?? null) : null,
    stopped_by: said === "cancelled" || said === "failed" ? (trace.stoppedBy ?? null) : null,
    created_at: new Date(trace.createdAt).toISOString(),
    miner: minerOf(trace),
    attempt_count: attempts.length,
    prompt_tokens: trace.promptTokens === 0 ? null : trace.promptTokens,
    output_tokens: outputTokens,
    ttft_ms: ttftMs,
    duration_ms: durationMs,
    tokens_per_second: speedOf({ outputTokens, ttftMs, durationMs }),
    cost_cor: formatCor(trace.costWei),
    receipt: trace.receipt ?? null,
  };
}

/** An answer that was cut short is closed, since it is whole and paid; whoever looks at it calls it cancelled. */
export function stateOf({ state }: TaskTrace): TaskRecord["state"] {
  return state.status === "closed" && state.finish === "cancelled" ? "cancelled" : state.status;
}

/** From the task's beginning. */
function firstTokenMs(attempts: readonly AttemptTrace[]): number | null {
  const times = attempts.flatMap(({ sentMs, ttftMs }) => (ttftMs === undefined ? [] : [sentMs + ttftMs]));
  return times.length === 0 ? null : Math.round(Math.min(...times));
}

function minerOf({ state, attempts }: TaskTrace): string | null {
  const gave = attempts.findLast(({ from, to }) => to > from);
  return state.miner ?? gave?.miner ?? attempts.at(-1)?.miner ?? null;
}

function speedOf(answer: { outputTokens: number; ttftMs: number | null; durationMs: number | null }): number | null {
  const { outputTokens, ttftMs, durationMs } = answer;
  if (ttftMs === null || durationMs === null || durationMs <= ttftMs || outputTokens < 2) return null;
  return Math.round(((outputTokens - 1) / (durationMs - ttftMs)) * 10_000) / 10;
}
