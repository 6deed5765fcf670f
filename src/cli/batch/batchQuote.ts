import { CortensorClient } from "../../client/index.ts";
import { formatCor, parseCor } from "../../util/money.ts";
import type { Context } from "../context.ts";
import { quoteOf } from "../submit/quote.ts";
import { readBatchFile } from "./batchFile.ts";
import { type BatchDefaults, parseBatchLine } from "./batchLine.ts";
import type { BatchOptions } from "./batchRun.ts";

/** `--dry-run`: what the lines may cost together, and which of them are wrong. Sends no line. */
export async function showQuote(ctx: Context, { input, defaults, access }: BatchOptions): Promise<number> {
  const { lines } = await readBatchFile(input);
  const models = await new CortensorClient(access).models(ctx.signal);
  let costWei: bigint | undefined = 0n;
  const wrong: { readonly line: number; readonly message: string }[] = [];
  for (const { number, text } of lines) {
    try {
      const cost = quoteOf({ models, router: access.baseUrl, ...askedBy(text, defaults) }).cost_max_cor;
      const wei = cost === null ? undefined : parseCor(cost);
      costWei = costWei === undefined || wei === undefined ? undefined : costWei + wei;
    } catch (error) {
      wrong.push({ line: number, message: (error as Error).message });
    }
  }
  const cost = costWei === undefined ? null : formatCor(costWei);
  const quote = {
    schema: "cortensor.batch-quote/1",
    router: access.baseUrl,
    lines: lines.length,
    wrong,
    cost_max_cor: cost,
  };
  ctx.result(quote, () => {
    for (const { line, message } of wrong) ctx.note(`line ${line}: ${message}`);
    ctx.fields([
      ["lines", `${lines.length}${wrong.length > 0 ? `, ${wrong.length} of them wrong` : ""}`],
      ["highest cost", cost === null ? "the router does not say" : `${cost} COR`],
      ["router", access.baseUrl],
    ]);
  });
  ctx.note("Nothing was sent.");
  return 0;
}

function askedBy(text: string, defaults: BatchDefaults) {
  const { body } = parseBatchLine(text, defaults);
  const { model, max_tokens: maxTokens } = body;
  // A router counts bytes; how they are spread over messages changes little.
  const content = JSON.stringify(body.messages ?? body.prompt ?? "");
  return {
    messages: [{ role: "user", content } as const],
    model: typeof model === "string" ? model : undefined,
    maxTokens: typeof maxTokens === "number" ? maxTokens : undefined,
  };
}
