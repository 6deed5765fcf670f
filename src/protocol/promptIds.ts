import type { TaskInput } from "./records.ts";
import { renderPrompt } from "./render.ts";

/** What rendering needs of a loaded model; every engine has it. */
export interface PromptModel {
  readonly model: {
    readonly chatTemplate: string | undefined;
    readonly bosText: string;
    readonly eosText: string;
    readonly addBos: boolean;
    readonly controlTokens: readonly string[];
  };
  tokenize(text: string, control: boolean): number[];
}

/**
 * The tokens of a prompt: the same ones for the miner that answers and for whoever replays the answer. `epochStart`: when
 * the order's epoch began, in seconds since 1970. Throws as `renderPrompt` does.
 */
export function promptIds(
  { input, epochStart }: { readonly input: TaskInput; readonly epochStart: number },
  engine: PromptModel,
): number[] {
  const { chatTemplate: template, bosText, eosText, addBos, controlTokens } = engine.model;
  const segments = renderPrompt({ template, input, bosText, eosText, controlTokens, epochStart });
  const ids = segments.flatMap(({ text, control }) => engine.tokenize(text, control));
  // Templates that write the token themselves must not get it twice.
  if (addBos && segments[0]?.text !== bosText) ids.unshift(...engine.tokenize(bosText, true));
  return ids;
}
