import type { ChatMessage } from "../protocol/records.ts";

/** What is asked and how; whatever is left out takes the router's default. */
export interface ClientRequest {
  /** Name or id of the model; needed when the router serves several. */
  readonly model?: string;
  /** A conversation to answer, or a text to continue as it stands. */
  readonly prompt: readonly ChatMessage[] | string;
  /** Longest answer, in tokens. */
  readonly maxTokens?: number;
  /** 0 to 2; 0 takes the likeliest token always. */
  readonly temperature?: number;
  readonly topP?: number;
  /** 1 to 64. */
  readonly topK?: number;
  readonly minP?: number;
  /** The same seed, request and model give the same answer. */
  readonly seed?: number;
  /** Up to 4 texts that end the answer. */
  readonly stop?: readonly string[];
  /** Address of the miner that is to answer, newcomers included. */
  readonly prefer?: string;
  /** 2 to 7: so many miners of different owners answer, and their answers are compared. */
  readonly redundancy?: number;
  /** The same key gets the same answer once more and pays nothing for it. */
  readonly idempotencyKey?: string;
}

export function pathOf({ prompt }: ClientRequest): string {
  return typeof prompt === "string" ? "/v1/completions" : "/v1/chat/completions";
}

/** What OpenAI's interface has no field for. */
export function headersOf({ idempotencyKey, prefer, redundancy }: ClientRequest): Record<string, string> {
  return {
    ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
    ...(prefer !== undefined && { "x-cortensor-prefer": prefer }),
    ...(redundancy !== undefined && { "x-cortensor-redundancy": String(redundancy) }),
  };
}

/** The request as OpenAI's interface spells it, always streamed, so that a long answer meets no timeout on its way. */
export function bodyOf(request: ClientRequest): Record<string, unknown> {
  const { model, prompt, maxTokens, temperature, topP, topK, minP, seed, stop } = request;
  return {
    model,
    ...(typeof prompt === "string" ? { prompt } : { messages: prompt }),
    max_tokens: maxTokens,
    temperature,
    top_p: topP,
    top_k: topK,
    min_p: minP,
    seed,
    stop,
    stream: true,
    stream_options: { include_usage: true },
  };
}
