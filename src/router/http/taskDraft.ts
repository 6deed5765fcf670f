import { z } from "zod";
import { CortensorError } from "../../errors/cortensorError.ts";
import { promptTokensCeiling } from "../../protocol/price.ts";
import type { TaskInput, TaskParams } from "../../protocol/records.ts";
import { RENDERER_VERSION } from "../../protocol/render.ts";
import { TOP_K } from "../../protocol/sampler.ts";
import type { Hex } from "../../util/types.ts";
import type { ServedModel, TaskRequest } from "../task.ts";
import { RequestError } from "./requestError.ts";

const DEFAULT_MAX_TOKENS = 512;
/** An order travels in one frame of 1 MiB. */
const MAX_INPUT_BYTES = 900_000;
/** Of `top_p: 0`, which asks for the likeliest token only. */
const LEAST_TOP_P = 1e-6;

const MOST_CHOICES = 16;

/** Fields that both families share. `null` is as good as absent. */
export const samplingFields = {
  max_tokens: z.int().min(1).max(1_048_576).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(1).max(TOP_K).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1).max(64), z.array(z.string().min(1).max(64)).max(4)]).nullish(),
  n: z.int().min(1).max(MOST_CHOICES).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
} as const;
const samplingSchema = z.looseObject({ model: z.string().nullish(), ...samplingFields });

/** A request as the body has it: what the router and its models decide is still open. */
export interface TaskDraft {
  readonly model: string | undefined;
  readonly input: TaskInput;
  readonly maxTokens: number | undefined;
  readonly sampling: Omit<TaskParams, "maxTokens">;
  readonly clientSeed: bigint | undefined;
  /** Answers to the one request. */
  readonly n: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly wantsLogprobs: boolean;
}

export function samplingOf(body: z.infer<typeof samplingSchema>): Omit<TaskDraft, "input" | "wantsLogprobs"> {
  const stop = typeof body.stop === "string" ? [body.stop] : (body.stop ?? []);
  return {
    model: body.model ?? undefined,
    maxTokens: body.max_tokens ?? undefined,
    sampling: {
      temperature: body.temperature ?? 1,
      topP: Math.max(body.top_p ?? 1, LEAST_TOP_P),
      topK: body.top_k ?? TOP_K,
      minP: body.min_p ?? 0,
      stop,
      renderer: RENDERER_VERSION,
    },
    clientSeed: typeof body.seed === "number" ? BigInt.asUintN(64, BigInt(body.seed)) : undefined,
    n: body.n ?? 1,
    stream: body.stream === true,
    includeUsage: body.stream_options?.include_usage === true,
  };
}

/** Fills in the model, when only one is served, and the length of the answer. */
export function completeDraft(
  draft: TaskDraft,
  { account, requestId, models }: { account: Hex; requestId: Hex; models: readonly ServedModel[] },
): TaskRequest {
  const inputBytes = promptTokensCeiling(draft.input);
  if (inputBytes > MAX_INPUT_BYTES) {
    throw new CortensorError(
      "context-length",
      `the prompt has ${inputBytes} bytes and no more than ${MAX_INPUT_BYTES} travel to a miner`,
      { data: { inputBytes, limitBytes: MAX_INPUT_BYTES } },
    );
  }
  const model = draft.model ?? onlyModel(models);
  const served = models.find(({ name, modelId }) => name === model || modelId === model);
  const room = served === undefined ? DEFAULT_MAX_TOKENS : Math.max(1, Math.floor(served.contextTokens / 2));
  return {
    account,
    requestId,
    model,
    input: draft.input,
    params: { ...draft.sampling, maxTokens: draft.maxTokens ?? Math.min(DEFAULT_MAX_TOKENS, room) },
    ...(draft.clientSeed !== undefined && { clientSeed: draft.clientSeed }),
  };
}

function onlyModel(models: readonly ServedModel[]): string {
  const [model, ...others] = models;
  if (model === undefined) {
    throw new CortensorError("no-capacity", "no miner is connected to this router", { try: "cortensor miner start" });
  }
  if (others.length === 0) return model.name;
  throw new RequestError("bad-request", `the request names no model and ${models.length} are served`, {
    param: "model",
    advice: `Name one of them: ${models.map(({ name }) => name).join(", ")}.`,
  });
}
