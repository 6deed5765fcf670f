import { z } from "zod";
import { randomBytes } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { taskId } from "../../protocol/hash.ts";
import { hexOf } from "../../util/hex.ts";
import { addressSchema } from "../../protocol/schemas.ts";
import { formatCor } from "../../util/money.ts";
import type { Address } from "../../util/types.ts";
import type { ServedModel, TaskRequest } from "../task.ts";
import { type AnswerFormat, chatFormat, completionFormat } from "./answerFormat.ts";
import type { App } from "./app.ts";
import { choicesOf } from "./choices.ts";
import { chatBodySchema, chatDraft } from "./chatBody.ts";
import { completionBodySchema, completionDraft } from "./completionBody.ts";
import { KEYED } from "./keyed.ts";
import { repeatedTask } from "./repeatedTask.ts";
import { RequestError } from "./requestError.ts";
import { requestIdOf } from "./requestId.ts";
import { type AnswerDeps, serveAnswer } from "./serveAnswer.ts";
import { completeDraft, type TaskDraft } from "./taskDraft.ts";

/** Answers to one task that are compared. */
const MOST_REPLICAS = 7;
const headersSchema = z.looseObject({
  "idempotency-key": z.string().min(1).max(255).optional(),
  "x-cortensor-prefer": addressSchema.optional(),
  "x-cortensor-redundancy": z.coerce.number().int().min(1).max(MOST_REPLICAS).optional(),
});
/** Whole COR per million tokens from wei per token. */
const MILLION = 1_000_000n;

interface Deps extends AnswerDeps {
  readonly signer: { readonly address: Address };
}

/** OpenAI's interface: whatever speaks to theirs speaks to this. */
export function addOpenAi(app: App, deps: Deps): void {
  const since = Math.floor(deps.clock.now() / 1000);
  const answer = answering(deps);
  app.post(
    "/v1/chat/completions",
    { schema: { ...KEYED, summary: "Answer a conversation", body: chatBodySchema, headers: headersSchema } },
    (request, reply) => answer({ draft: chatDraft(request.body), format: chatFormat }, { request, reply }),
  );
  app.post(
    "/v1/completions",
    { schema: { ...KEYED, summary: "Continue a text", body: completionBodySchema, headers: headersSchema } },
    (request, reply) => answer({ draft: completionDraft(request.body), format: completionFormat }, { request, reply }),
  );
  app.get("/v1/models", { schema: { ...KEYED, summary: "Models that are served now" } }, () => ({
    object: "list",
    data: deps.router.models().map((model) => modelRecord(model, since)),
  }));
  app.get(
    "/v1/models/:id",
    { schema: { ...KEYED, summary: "One model", params: z.object({ id: z.string() }) } },
    ({ params: { id } }) => {
      const served = deps.router.models();
      const model = served.find(({ name, modelId }) => name === id || modelId === id);
      if (model !== undefined) return modelRecord(model, since);
      throw new RequestError("model-unserved", `nobody serves "${id}" here`, {
        param: "model",
        advice:
          served.length > 0
            ? `Served: ${served.map(({ name }) => name).join(", ")}.`
            : "No miner is connected; try: cortensor miner start",
      });
    },
  );
}

function answering(deps: Deps) {
  return async (
    { draft, format }: { draft: TaskDraft; format: AnswerFormat },
    { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  ): Promise<void> => {
    const { account } = request;
    if (account === undefined) throw new Error("a request without a key came through");
    const idempotencyKey = request.headers["idempotency-key"];
    const requestId = requestIdOf(typeof idempotencyKey === "string" ? idempotencyKey : undefined, () =>
      hexOf(randomBytes(16)),
    );
    const id = taskId({ router: deps.signer.address, account, requestId });
    const stored = idempotencyKey === undefined ? undefined : deps.router.receipt(id);
    const task =
      stored === undefined
        ? completeDraft(draft, { account, requestId, models: deps.router.models() })
        : repeatedTask(draft, stored);
    const { stream, includeUsage, wantsLogprobs } = draft;
    const drawn = idempotencyKey === undefined;
    const tasks = choicesOf({ ...task, ...wishesOf(request.headers), drawn }, draft.n);
    await serveAnswer({ tasks, format, stream, includeUsage, wantsLogprobs }, { request, reply }, deps);
  };
}

/** What a client may ask of the routing. */
function wishesOf(headers: FastifyRequest["headers"]): Pick<TaskRequest, "prefer" | "redundancy"> {
  const { "x-cortensor-prefer": prefer, "x-cortensor-redundancy": redundancy } = headersSchema.parse(headers);
  return { ...(prefer !== undefined && { prefer }), ...(redundancy !== undefined && { redundancy }) };
}

function modelRecord(model: ServedModel, created: number): object {
  return {
    id: model.name,
    object: "model",
    created,
    owned_by: "cortensor",
    cortensor: {
      model_id: model.modelId,
      context_tokens: model.contextTokens,
      miners: model.miners,
      prompt_cor_per_million: formatCor(model.promptPrice * MILLION),
      output_cor_per_million: formatCor(model.outputPrice * MILLION),
    },
  };
}
