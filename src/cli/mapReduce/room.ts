import { CortensorError } from "../../errors/cortensorError.ts";

/** Text of most languages has more bytes a token with every current tokenizer; where one has fewer, chunks are halved. */
const BYTES_PER_TOKEN = 3;
/** What a chat template may put around the prompt. */
const TEMPLATE_TOKENS = 64;
/** Of a server that does not say. */
const UNKNOWN_CONTEXT = 4096;
/** A request travels in one frame of 1 MiB. */
const MOST_BYTES = 800_000;
/** Less is no part of a text any more. */
export const LEAST_BYTES = 64;

export interface Room {
  /** Longest answer, in tokens; of each request. */
  readonly answerTokens: number;
  /** Largest text of one request beside its prompt, in UTF-8 bytes. */
  readonly textBytes: number;
}

/** What fits into one request. `context-length` when the instruction leaves nothing. */
export function roomOf({
  contextTokens: known,
  maxTokens,
  frame,
}: {
  readonly contextTokens: number | null;
  readonly maxTokens: number | undefined;
  /** The prompt without its text. */
  readonly frame: string;
}): Room {
  const contextTokens = known ?? UNKNOWN_CONTEXT;
  // Two answers and a third must fit into one request, else nothing could be put together.
  const answerTokens = Math.max(1, Math.min(maxTokens ?? 512, Math.floor(contextTokens / 5)));
  const frameTokens = Math.ceil(Buffer.byteLength(frame) / BYTES_PER_TOKEN) + TEMPLATE_TOKENS;
  const textBytes = Math.min(MOST_BYTES, (contextTokens - answerTokens - frameTokens) * BYTES_PER_TOKEN);
  if (textBytes >= LEAST_BYTES) return { answerTokens, textBytes };
  throw new CortensorError("context-length", `the instruction fills the model's context of ${contextTokens} tokens`, {
    why: [["needed", "a shorter instruction, or a model with a longer context"]],
    data: { contextTokens, frameTokens, answerTokens },
  });
}
