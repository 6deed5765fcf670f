import type { ClientModel } from "../../client/index.ts";
import { formatCor, parseCor } from "../../util/money.ts";
import { quoteOf } from "../submit/quote.ts";
import { mapPrompt, reducePrompt } from "./prompts.ts";
import type { Room } from "./room.ts";
import { splitText } from "./splitText.ts";

export interface MapReduceQuote {
  readonly schema: "cortensor.map-reduce-quote/1";
  readonly router: string;
  readonly model: string;
  readonly chunks: number;
  /** With every reduction of two answers only. */
  readonly requests_max: number;
  readonly cost_max_cor: string | null;
}

/** What a run may cost when every chunk fits as guessed. */
export function mapReduceQuote(
  { instruction, text, room }: { instruction: string; text: string; room: Room },
  { model, router }: { model: ClientModel; router: string },
): MapReduceQuote {
  const chunks = splitText(text, room.textBytes);
  const costOf = (content: string): bigint | undefined => {
    const messages = [{ role: "user", content }] as const;
    const quote = quoteOf({ models: [model], messages, model: undefined, maxTokens: room.answerTokens, router });
    return quote.cost_max_cor === null ? undefined : parseCor(quote.cost_max_cor);
  };
  const maps = chunks.map((chunk) => costOf(mapPrompt(instruction, chunk)));
  const reduce = costOf(reducePrompt(instruction, ["x".repeat(room.textBytes)]));
  const costs = [...maps, ...chunks.slice(1).map(() => reduce)];
  const known = costs.every((cost) => cost !== undefined);
  return {
    schema: "cortensor.map-reduce-quote/1",
    router,
    model: model.name,
    chunks: chunks.length,
    requests_max: 2 * chunks.length - 1,
    cost_max_cor: known ? formatCor(costs.reduce((sum, cost) => sum + cost, 0n)) : null,
  };
}
