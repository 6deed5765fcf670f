import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Recover } from "../keys/interface.ts";
import { checkInfo, type NodeInfo } from "../protocol/nodeInfo.ts";
import {
  type AskedState,
  type ExplainRecord,
  explainSchema,
  type TaskList,
  taskListSchema,
  type TaskRecord,
  taskSchema,
} from "../protocol/taskRecords.ts";
import { hexOf } from "../util/hex.ts";
import type { Answer, ClientEvent } from "./answer.ts";
import { answerStream } from "./answerStream.ts";
import { connectionError, errorOfResponse } from "./httpErrors.ts";
import { bodyOf, type ClientRequest, headersOf, pathOf } from "./request.ts";
import { slotsOf } from "./slots.ts";
import { parseReply, type WholeReply } from "./wholeReply.ts";

export interface ClientOptions {
  /** Of a router, with or without `/v1`: `http://127.0.0.1:5010/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** A model that a router serves now; prices in decimal COR per million tokens. */
export interface ClientModel {
  readonly name: string;
  readonly modelId: string | null;
  readonly contextTokens: number | null;
  readonly miners: number | null;
  readonly promptCorPerMillion: string | null;
  readonly outputCorPerMillion: string | null;
}

const modelsSchema = z.looseObject({
  data: z.array(
    z.looseObject({
      id: z.string(),
      cortensor: z
        .looseObject({
          model_id: z.string(),
          context_tokens: z.number(),
          miners: z.number(),
          prompt_cor_per_million: z.string(),
          output_cor_per_million: z.string(),
        })
        .optional(),
    }),
  ),
});

/**
 * A client of one router. Errors are `CortensorError`s with the router's own code; `router-unreachable` when none answers.
 * An abort rejects with the signal's reason.
 */
export class CortensorClient {
  readonly #root: string;
  readonly #host: string;
  readonly #apiKey: string;

  constructor({ baseUrl, apiKey }: ClientOptions) {
    const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol))
      throw new CortensorError("option-value", `a router is a URL, not ${JSON.stringify(baseUrl)}`, {
        why: [["needed", "something like http://127.0.0.1:5010/v1"]],
        data: { baseUrl },
      });
    this.#root = `${url.origin}${url.pathname.replace(/\/+$/, "").replace(/\/v1$/, "")}`;
    this.#host = url.host;
    this.#apiKey = apiKey;
  }

  async models(signal?: AbortSignal): Promise<readonly ClientModel[]> {
    const parsed = modelsSchema.safeParse(await this.#json("/v1/models", signal));
    if (!parsed.success) throw new CortensorError("peer-protocol", `${this.#host} answered with no list of models`);
    return parsed.data.data.map(({ id, cortensor }) => ({
      name: id,
      modelId: cortensor?.model_id ?? null,
      contextTokens: cortensor?.context_tokens ?? null,
      miners: cortensor?.miners ?? null,
      promptCorPerMillion: cortensor?.prompt_cor_per_million ?? null,
      outputCorPerMillion: cortensor?.output_cor_per_million ?? null,
    }));
  }

  /** Asks and waits for the whole answer; `onText` gets each piece as it comes. */
  async complete(
    request: ClientRequest,
    { signal, onText }: { readonly signal?: AbortSignal; onText?: (text: string) => void } = {},
  ): Promise<Answer> {
    for await (const event of this.stream(request, signal)) {
      if (event.type === "text") onText?.(event.text);
      if (event.type === "finish") return event.answer;
    }
    throw new Error("an answer ended without a finish");
  }

  /** Asks and gives out the answer as it comes. Leaving the loop cancels the rest; what was given is paid. */
  async *stream(request: ClientRequest, signal?: AbortSignal): AsyncGenerator<ClientEvent> {
    const left = new AbortController();
    try {
      const response = await this.#call(pathOf(request), {
        method: "POST",
        body: JSON.stringify(bodyOf(request)),
        signal: signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]),
        headers: {
          "content-type": "application/json",
          accept: "text/event-stream",
          ...headersOf(request),
        },
      });
      yield* answerStream(response);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      left.abort();
    }
  }

  /**
   * Sends a body of OpenAI's form to a path of theirs and waits for the whole reply. The answer is brought to its end also
   * when this client dies meanwhile; asked again under the same key, it is there and costs nothing.
   */
  async post(
    path: string,
    { body, idempotencyKey }: { readonly body: unknown; readonly idempotencyKey: string },
    signal?: AbortSignal,
  ): Promise<WholeReply> {
    const response = await this.#call(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: {
        "content-type": "application/json",
        "idempotency-key": idempotencyKey,
        "x-cortensor-detached": "true",
      },
      ...(signal !== undefined && { signal }),
    });
    return parseReply(await this.#bodyOf(response, signal), response);
  }

  /** Answers that run at the connected miners, and how many could; undefined where a server does not say. */
  async slots(signal?: AbortSignal): Promise<{ readonly busy: number; readonly total: number } | undefined> {
    try {
      return slotsOf(await this.#json("/api/v1/miners", signal));
    } catch (error) {
      if (error instanceof CortensorError && ["not-found", "method-not-allowed"].includes(error.code)) return undefined;
      throw error;
    }
  }

  /** JSON of the receipt of an answer that was given to this key. */
  async receipt(taskId: string, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const path = `/api/v1/receipts/${encodeURIComponent(taskId)}`;
    return (await this.#json(path, signal)) as Readonly<Record<string, unknown>>;
  }

  /** What this key asked, the newest first: at most `limit`, 1 to 2,000. */
  async tasks(
    { state, limit }: { readonly state?: AskedState | undefined; readonly limit?: number | undefined } = {},
    signal?: AbortSignal,
  ): Promise<TaskList> {
    const query = new URLSearchParams({ ...(state && { state }), ...(limit !== undefined && { limit: `${limit}` }) });
    return this.#record(taskListSchema, `/api/v1/tasks?${query.toString()}`, { signal });
  }

  /** A task of this key by its id or the beginning of one, such as `t_9c37`. Throws `task-missing`. */
  async task(id: string, signal?: AbortSignal): Promise<TaskRecord> {
    return this.#record(taskSchema, taskPath(id), { signal });
  }

  /** Everything that the router decided about a task. Throws `task-missing`. */
  async explain(id: string, signal?: AbortSignal): Promise<ExplainRecord> {
    return this.#record(explainSchema, `${taskPath(id)}/explain`, { signal });
  }

  /** Ends a task as if its client had left; the record is as of now, before that. Throws `task-missing`, `task-over`. */
  async cancelTask(id: string, signal?: AbortSignal): Promise<TaskRecord> {
    return this.#record(taskSchema, `${taskPath(id)}/cancel`, { signal, method: "POST" });
  }

  /** Who the router is, proven by a signature over a fresh question. */
  async info({ recover, signal }: { recover: Recover; signal?: AbortSignal }): Promise<NodeInfo> {
    const nonce = hexOf(crypto.getRandomValues(new Uint8Array(32)));
    return checkInfo(await this.#json(`/api/v1/info?nonce=${nonce}`, signal), { nonce, recover });
  }

  async #record<T>(
    schema: z.ZodType<T>,
    path: string,
    { signal, method }: { readonly signal: AbortSignal | undefined; readonly method?: "POST" },
  ): Promise<T> {
    const parsed = schema.safeParse(await this.#json(path, signal, method));
    if (parsed.success) return parsed.data;
    throw new CortensorError("peer-protocol", `${this.#host} answered ${path} with another record than expected`);
  }

  async #json(path: string, signal: AbortSignal | undefined, method: "GET" | "POST" = "GET"): Promise<unknown> {
    return await this.#bodyOf(await this.#call(path, { method, ...(signal !== undefined && { signal }) }), signal);
  }

  async #bodyOf(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
    try {
      return await response.json();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof SyntaxError) throw this.#noRouter(error);
      throw this.#unreachable(error);
    }
  }

  async #call(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.#root}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${this.#apiKey}`, ...(init.headers as Record<string, string> | undefined) },
      });
    } catch (error) {
      init.signal?.throwIfAborted();
      throw this.#unreachable(error);
    }
    if (response.ok) return response;
    throw await errorOfResponse(response).catch((error: unknown) => this.#unreachable(error));
  }

  #unreachable(error: unknown): unknown {
    return connectionError(error, { host: this.#host, said: `no router answers at ${this.#host}` });
  }

  #noRouter(cause: unknown): CortensorError {
    return new CortensorError("router-unreachable", `what answers at ${this.#host} is no router`, {
      why: [["seen", "a page that is not JSON"]],
      cause,
    });
  }
}

function taskPath(id: string): string {
  return `/api/v1/tasks/${encodeURIComponent(id)}`;
}
