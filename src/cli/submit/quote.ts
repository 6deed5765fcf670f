import type { ClientModel } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { feeOf, promptTokensCeiling } from "../../protocol/price.ts";
import type { ChatMessage } from "../../protocol/records.ts";
import { formatCor, parseCor } from "../../util/money.ts";

/** What an answer may take and cost at most, before anything is sent. Money in decimal COR; null where a router does not say. */
export interface Quote {
  readonly schema: "cortensor.quote/1";
  readonly router: string;
  readonly model: string;
  readonly context_tokens: number | null;
  readonly prompt_tokens_max: number;
  readonly output_tokens_max: number;
  readonly prompt_cor_per_million: string | null;
  readonly output_cor_per_million: string | null;
  readonly cost_max_cor: string | null;
  readonly miners: number | null;
}

export interface QuoteInput {
  readonly models: readonly ClientModel[];
  readonly messages: readonly ChatMessage[];
  readonly model: string | undefined;
  readonly maxTokens: number | undefined;
  readonly router: string;
  /** `--n`; the tokens are of one answer, the cost is of all. */
  readonly answers?: number;
}

/** As a router has it. */
const DEFAULT_MAX_TOKENS = 512;
const MILLION = 1_000_000n;

/** Throws `no-capacity`, `model-unserved` and `bad-request` as the router would. */
export function quoteOf({ models, messages, model: wanted, maxTokens, router, answers = 1 }: QuoteInput): Quote {
  const model = chooseModel(models, wanted);
  const { contextTokens } = model;
  const room = contextTokens === null ? DEFAULT_MAX_TOKENS : Math.max(1, Math.floor(contextTokens / 2));
  const outputTokens = maxTokens ?? Math.min(DEFAULT_MAX_TOKENS, room);
  const promptTokens = promptTokensCeiling({ kind: "messages", messages });
  const promptPrice = weiPerToken(model.promptCorPerMillion);
  const outputPrice = weiPerToken(model.outputCorPerMillion);
  const cost =
    promptPrice === undefined || outputPrice === undefined
      ? null
      : formatCor(BigInt(answers) * feeOf({ promptTokens, outputTokens, promptPrice, outputPrice, promptPaid: true }));
  return {
    schema: "cortensor.quote/1",
    router,
    model: model.name,
    context_tokens: contextTokens,
    prompt_tokens_max: promptTokens,
    output_tokens_max: outputTokens,
    prompt_cor_per_million: model.promptCorPerMillion,
    output_cor_per_million: model.outputCorPerMillion,
    cost_max_cor: cost,
    miners: model.miners,
  };
}

/** Labels and values for people. */
export function quoteFields(quote: Quote): (readonly [label: string, value: string])[] {
  const count = (value: number): string => value.toLocaleString("en");
  const { context_tokens: context, prompt_cor_per_million: input, output_cor_per_million: output, miners } = quote;
  const unknown = "the router does not say";
  return [
    ["model", quote.model + (context === null ? "" : `, context ${count(context)} tokens`)],
    ["prompt", `at most ${count(quote.prompt_tokens_max)} tokens`],
    ["answer", `at most ${count(quote.output_tokens_max)} tokens`],
    ["price", input === null || output === null ? unknown : `${input} COR per million tokens in, ${output} out`],
    ["highest cost", quote.cost_max_cor === null ? unknown : `${quote.cost_max_cor} COR`],
    ["could serve", miners === null ? unknown : `${count(miners)} ${miners === 1 ? "miner" : "miners"}`],
    ["router", quote.router],
  ];
}

/** The model that is asked: the one named, or the only one. */
export function chooseModel(models: readonly ClientModel[], wanted: string | undefined): ClientModel {
  const served = models.map(({ name }) => name);
  const [first, ...others] = models;
  if (first === undefined)
    throw new CortensorError("no-capacity", "no miner is connected to this router", { try: "cortensor miner start" });
  const found =
    wanted === undefined ? first : models.find(({ name, modelId }) => name === wanted || modelId === wanted);
  if (found === undefined)
    throw new CortensorError("model-unserved", `nobody serves ${wanted} here`, {
      why: [["served", served.join(", ")]],
      try: `cortensor submit ... --model ${first.name}`,
      data: { model: wanted, served },
    });
  if (wanted === undefined && others.length > 0)
    throw new CortensorError("bad-request", `no model is named and ${models.length} are served`, {
      why: [["served", served.join(", ")]],
      try: `cortensor submit ... --model ${first.name}`,
      data: { served },
    });
  return found;
}

function weiPerToken(corPerMillion: string | null): bigint | undefined {
  const wei = corPerMillion === null ? undefined : parseCor(corPerMillion);
  return wei === undefined ? undefined : wei / MILLION;
}
