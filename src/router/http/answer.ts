import { bundleJson } from "../../protocol/receiptBundle.ts";
import { formatCor } from "../../util/money.ts";
import type { AnswerFinish, ReplicaResult } from "../task.ts";
import type { Choice } from "./answerCall.ts";

export type Finish = AnswerFinish;

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Of all choices together; their prompt is one and the same, and OpenAI counts it once. */
export function usageOf(choices: readonly Choice[]): Usage {
  const promptTokens = Math.max(...choices.map(({ finish }) => finish.promptTokens));
  const outputTokens = choices.reduce((sum, { finish }) => sum + finish.outputTokens, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
  };
}

/** As `proofOf` for the only choice; of several, what each one says and what they cost together. */
export function proofsOf(choices: readonly Choice[]): Record<string, unknown> {
  const [only, ...others] = choices;
  if (only === undefined) return {};
  if (others.length === 0) return proofOf(only.finish);
  const costWei = choices.reduce((sum, { finish }) => sum + finish.costWei, 0n);
  const sorted = choices.toSorted((a, b) => a.index - b.index);
  const proofs = sorted.map(({ finish, start, index }) => ({ index, miner: start.miner, ...proofOf(finish) }));
  return { cost_cor: formatCor(costWei), choices: proofs };
}

/** What this network tells of an answer beside OpenAI's fields: who gave it, what it cost, and the proof. */
function proofOf(finish: Finish): Record<string, unknown> {
  const { ttftMs, durationMs, outputTokens } = finish;
  const decodeMs = durationMs - ttftMs;
  return {
    finish: finish.finish,
    attempts: finish.attempts.map(({ miner, reason, tokens, ttftMs }) => ({ miner, reason, tokens, ttft_ms: ttftMs })),
    cost_cor: formatCor(finish.costWei),
    timing: {
      ttft_ms: ttftMs,
      duration_ms: durationMs,
      tokens_per_second:
        decodeMs > 0 && outputTokens > 1 ? Math.round(((outputTokens - 1) / decodeMs) * 10_000) / 10 : null,
    },
    receipt: finish.bundle === undefined ? null : bundleJson(finish.bundle),
    ...(finish.error !== undefined && { error: finish.error }),
    ...(finish.results !== undefined && comparedOf(finish, finish.results)),
  };
}

/** With redundancy: what each miner answered, and how far they agree. */
function comparedOf({ agreement, outliers }: Finish, results: readonly ReplicaResult[]): Record<string, unknown> {
  return {
    agreement,
    outliers,
    results: results.map(({ miner, text, commitment, bundle }) => ({
      miner,
      text,
      commitment,
      receipt: bundleJson(bundle),
    })),
  };
}
