import { CortensorError } from "../errors/cortensorError.ts";
import type { Candidate, GenerateInput, ModelInfo, ReplayInput } from "./interface.ts";

/** How many new tokens the context has room for; throws `context-length` when there is none. */
export function contextLeft(
  input: Pick<GenerateInput, "ids">,
  model: Pick<ModelInfo, "name" | "contextTokens">,
): number {
  const used = input.ids.length;
  if (used === 0) throw new CortensorError("bad-request", "The prompt has no tokens.");
  if (used < model.contextTokens) return model.contextTokens - used;
  throw new CortensorError(
    "context-length",
    `The prompt has ${used} tokens and ${model.name} holds ${model.contextTokens}.`,
    {
      why: [["needed", `at most ${model.contextTokens - 1} tokens of prompt, so that one of answer fits`]],
      data: { promptTokens: used, contextTokens: model.contextTokens },
    },
  );
}

/**
 * Throws when an answer cannot be replayed. Its ids come from whoever claims to have computed them, and the native library
 * trusts the ids it is given.
 */
export function checkReplay(
  input: ReplayInput,
  model: Pick<ModelInfo, "name" | "contextTokens" | "vocabularySize">,
): void {
  const room = contextLeft(input, model);
  const answer = input.forced.length;
  if (answer > room) {
    const needed = input.ids.length + answer;
    throw new CortensorError(
      "context-length",
      `Prompt and answer have ${needed} tokens and ${model.name} holds ${model.contextTokens}.`,
      { data: { promptTokens: input.ids.length, answerTokens: answer, contextTokens: model.contextTokens } },
    );
  }
  checkIds(input.ids, model);
  checkIds(input.forced, model);
}

/** Throws for ids that are not in the vocabulary: the native library ends the process when it is given one. */
export function checkIds(ids: readonly number[], model: Pick<ModelInfo, "name" | "vocabularySize">): void {
  const unknown = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= model.vocabularySize);
  if (unknown === undefined) return;
  throw new CortensorError("bad-request", `${model.name} has no token ${unknown}.`, {
    data: { id: unknown, vocabularySize: model.vocabularySize },
  });
}

/** The caller's choice with its log-probability. */
export function chosen(input: GenerateInput, candidates: readonly Candidate[]): { id: number; logprob: number } {
  const id = input.choose(candidates);
  const candidate = candidates.find((each) => each.id === id);
  if (candidate !== undefined) return { id, logprob: candidate.logprob };
  throw new CortensorError("internal", `The token ${id} is not among the candidates.`, { data: { id } });
}

/** What an answer ends with when its engine is stopped. */
export function engineStopped(): CortensorError {
  return new CortensorError("interrupted", "The engine was stopped before the answer was whole.");
}
