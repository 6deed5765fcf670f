import type { Answer } from "../../client/index.ts";

/** What `submit --json` prints of one answer. */
export function submitJson(answer: Answer): Record<string, unknown> {
  const { usage, timing, attempts, receipt } = answer;
  return {
    schema: "cortensor.submit/1",
    id: answer.id,
    model: answer.model,
    text: answer.text,
    finish_reason: answer.finishReason,
    usage: {
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.outputTokens,
      total_tokens: usage.promptTokens + usage.outputTokens,
    },
    attempts: attempts.map(({ miner, reason, tokens, ttftMs }) => ({ miner, reason, tokens, ttft_ms: ttftMs })),
    miners: answer.miner === null ? [] : [answer.miner],
    timing:
      timing === null
        ? null
        : { ttft_ms: timing.ttftMs, duration_ms: timing.durationMs, tokens_per_second: timing.tokensPerSecond },
    cost_cor: answer.costCor,
    private: false,
    receipt,
    ...answer.compared,
  };
}
