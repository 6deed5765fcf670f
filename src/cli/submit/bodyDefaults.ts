import type { BatchDefaults } from "../batch/batchLine.ts";

/** The options of `submit` that a request has fields for. */
export interface AnswerOptions {
  readonly system: string | undefined;
  readonly model: string | undefined;
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly seed: number | undefined;
  readonly stop: readonly string[];
}

/** What was given, in OpenAI's words; the router's defaults apply to the rest. */
export function bodyDefaults({
  system,
  model,
  maxTokens,
  temperature,
  topP,
  seed,
  stop,
}: AnswerOptions): BatchDefaults {
  const body = {
    model,
    max_tokens: maxTokens,
    temperature,
    top_p: topP,
    seed,
    stop: stop.length > 0 ? stop : undefined,
  };
  return { system, body: Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) };
}
