import type { FinishReason } from "../../protocol/records.ts";
import { openAiFinish } from "./openAiFinish.ts";

/** Tokens and their log-probabilities. Text is not known a token: a token may be part of a character. */
export interface Logprobs {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
}

/** How one family of OpenAI's interface writes an answer down; each method gives one element of `choices`. */
export interface AnswerFormat {
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  /** Begins a stream; undefined when the family has no such chunk. */
  opening(): object | undefined;
  part(text: string, logprobs: Logprobs | undefined): object;
  closing(finish: FinishReason): object;
  whole(text: string, answer: { readonly finish: FinishReason; readonly logprobs: Logprobs | undefined }): object;
}

export const chatFormat: AnswerFormat = {
  idPrefix: "chatcmpl-",
  object: "chat.completion",
  chunkObject: "chat.completion.chunk",
  opening: () => chatChunk({ role: "assistant", content: "" }),
  part: (text, logprobs) => chatChunk({ content: text }, chatLogprobs(logprobs)),
  closing: (finish) => ({ ...chatChunk({}), finish_reason: openAiFinish(finish) }),
  whole: (text, { finish, logprobs }) => ({
    index: 0,
    message: { role: "assistant", content: text, refusal: null },
    logprobs: chatLogprobs(logprobs),
    finish_reason: openAiFinish(finish),
  }),
};

export const completionFormat: AnswerFormat = {
  idPrefix: "cmpl-",
  object: "text_completion",
  chunkObject: "text_completion",
  opening: () => undefined,
  part: (text, logprobs) => textChoice(text, { finish: null, logprobs }),
  closing: (finish) => textChoice("", { finish: openAiFinish(finish), logprobs: undefined }),
  whole: (text, { finish, logprobs }) => textChoice(text, { finish: openAiFinish(finish), logprobs }),
};

function chatChunk(delta: object, logprobs: object | null = null): object {
  return { index: 0, delta, logprobs, finish_reason: null };
}

function textChoice(
  text: string,
  { finish, logprobs }: { finish: string | null; logprobs: Logprobs | undefined },
): object {
  return { index: 0, text, logprobs: textLogprobs(logprobs), finish_reason: finish };
}

/** The spelling that vLLM has for tokens by number. */
const tokenText = (id: number): string => `token_id:${id}`;

function chatLogprobs(logprobs: Logprobs | undefined): object | null {
  if (logprobs === undefined) return null;
  const content = logprobs.logprobs.map((logprob, at) => {
    const id = logprobs.ids[at] ?? 0;
    return { token: tokenText(id), id, logprob, bytes: null, top_logprobs: [] };
  });
  return { content, refusal: null };
}

function textLogprobs(logprobs: Logprobs | undefined): object | null {
  if (logprobs === undefined) return null;
  return {
    tokens: logprobs.ids.map(tokenText),
    token_logprobs: logprobs.logprobs,
    top_logprobs: null,
    text_offset: null,
  };
}
