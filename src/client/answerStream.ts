import { CortensorError } from "../errors/cortensorError.ts";
import type { Answer, ClientEvent } from "./answer.ts";
import { type Chunk, parseChunk, type Proof } from "./chunk.ts";
import { connectionError, errorOfBody, jsonOf } from "./httpErrors.ts";
import { sseData } from "./sseData.ts";

type Start = Extract<ClientEvent, { type: "start" }>;

/** The events of a streamed response. Throws what the router said went wrong, or that the stream broke off. */
export async function* answerStream(response: Response): AsyncGenerator<ClientEvent> {
  const { host } = new URL(response.url);
  const reading = new Reading(response.headers);
  const broken = (): string => `the line to the router at ${host} broke after ${reading.characters} characters`;
  if (response.body === null) throw new CortensorError("peer-protocol", `${host} answered with no body`);
  try {
    for await (const data of sseData(response.body)) {
      // Read on to the end of the response, so that its connection can serve again.
      if (data === "[DONE]") continue;
      const value = jsonOf(data);
      const failed = errorOfBody(value, {});
      if (failed !== undefined) throw failed;
      yield* reading.take(parseChunk(value));
    }
  } catch (error) {
    throw connectionError(error, { host, said: broken() });
  }
  const finish = reading.finish();
  if (finish === undefined) throw connectionError(new Error("it ended early"), { host, said: broken() });
  yield finish;
}

/** Puts the answer together from its chunks. */
class Reading {
  readonly #headers: Headers;
  #start: Start | undefined;
  #text = "";
  #finishReason: string | undefined;
  #proof: Proof | undefined;
  #usage: Answer["usage"] | undefined;

  constructor(headers: Headers) {
    this.#headers = headers;
  }

  get characters(): number {
    return this.#text.length;
  }

  *take(chunk: Chunk): Generator<ClientEvent> {
    if (this.#start === undefined) {
      this.#start = {
        type: "start",
        id: chunk.id,
        model: chunk.model,
        taskId: this.#headers.get("x-cortensor-task"),
        requestId: this.#headers.get("x-request-id"),
        miner: this.#headers.get("x-cortensor-miner"),
      };
      yield this.#start;
    }
    const choice = chunk.choices[0];
    const text = choice?.delta?.content ?? choice?.text ?? "";
    if (text !== "") {
      this.#text += text;
      yield { type: "text", text };
    }
    this.#finishReason = choice?.finish_reason ?? this.#finishReason;
    this.#proof = chunk.cortensor ?? this.#proof;
    const { usage } = chunk;
    if (usage) this.#usage = { promptTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens };
  }

  finish(): Extract<ClientEvent, { type: "finish" }> | undefined {
    if (this.#start === undefined || this.#finishReason === undefined) return undefined;
    const { type: _, ...start } = this.#start;
    const proof = this.#proof;
    const answer: Answer = {
      ...start,
      text: this.#text,
      finishReason: proof?.finish ?? this.#finishReason,
      usage: this.#usage ?? { promptTokens: 0, outputTokens: 0 },
      attempts: (proof?.attempts ?? []).map(({ miner, reason, tokens, ttft_ms: ttftMs }) => ({
        miner,
        reason,
        tokens,
        ttftMs,
      })),
      timing: timingOf(proof),
      costCor: proof?.cost_cor ?? null,
      receipt: proof?.receipt ?? null,
      compared: comparedOf(proof),
    };
    return { type: "finish", answer };
  }
}

function comparedOf(proof: Proof | undefined): Answer["compared"] {
  const { results, agreement, outliers = [] } = proof ?? {};
  return results === undefined || agreement === undefined ? null : { results, agreement, outliers };
}

function timingOf(proof: Proof | undefined): Answer["timing"] {
  if (proof?.timing === undefined) return null;
  const { ttft_ms: ttftMs, duration_ms: durationMs, tokens_per_second: tokensPerSecond } = proof.timing;
  return { ttftMs, durationMs, tokensPerSecond };
}
