import { findCard } from "../../replay/cards.ts";
import { findModel } from "../../replay/findModel.ts";
import { replayReceipt, type ReplayedReceipt } from "../../replay/replayReceipt.ts";
import type { ReceiptBundle } from "../../client/index.ts";
import { createEngine } from "../../engine/index.ts";
import type { Engine } from "../../engine/interface.ts";
import { createSilentLog } from "../../observability/log.ts";
import { lastPart } from "../../protocol/receiptBundle.ts";
import type { Context } from "../context.ts";
import { printable } from "../output/printable.ts";

export interface ReplayAsked {
  readonly bundle: ReceiptBundle;
  /** The only file that is looked at, if given. */
  readonly file: string | undefined;
  readonly threads: number;
}

/** Loads the model of a receipt and repeats its answer, with progress on stderr. */
export async function replayOf(ctx: Context, { bundle, file, threads }: ReplayAsked): Promise<ReplayedReceipt> {
  const { signal } = ctx;
  const { modelsFolder } = ctx.home;
  const engine = await ctx.step({
    name: "model",
    work: async (say) => {
      say(`looking for ${printable(bundle.model.name)}`);
      return await openModel(ctx, { bundle, file, threads });
    },
    result: ({ model }) => model.name,
  });
  try {
    const card = await findCard(engine.model.modelId, modelsFolder);
    return await ctx.step({
      name: "replay",
      work: (say) =>
        replayReceipt({ bundle, card, signal, onProgress: (done, all) => say(`${done} of ${all} tokens`) }, engine),
      result: ({ promptTokens }) => `${promptTokens} tokens of prompt, ${bundle.ids.length} of answer`,
    });
  } finally {
    await engine.stop();
  }
}

async function openModel(
  ctx: Pick<Context, "home" | "signal" | "settings">,
  { bundle, file, threads }: ReplayAsked,
): Promise<Engine> {
  const { order, receipt } = lastPart(bundle);
  const { signal } = ctx;
  const folder = ctx.home.modelsFolder;
  const served = (await ctx.settings()).engine.model;
  const search = { modelId: order.model, name: bundle.model.name, folder, file, signal };
  const modelFile = await findModel({ ...search, more: served === undefined ? [] : [served] });
  // Longer ones than usual are served by miners that were told to.
  const contextTokens = Math.max(4096, receipt.promptTokens + bundle.ids.length);
  const engine = createEngine(
    { kind: "llama", modelFile, threads, slots: 1, contextTokens, folder },
    { log: createSilentLog() },
  );
  await engine.start(signal);
  return engine;
}

/** As `--json` has it. */
export function replayRecord({ promptTokens, parts, verdict }: ReplayedReceipt): Record<string, unknown> {
  return {
    verdict,
    prompt_tokens: promptTokens,
    parts: parts.map((part) => ({
      miner: part.miner,
      from: part.from,
      to: part.to,
      tokens: part.tokens,
      matches: part.matches,
      mean_margin_nats: part.meanMarginNats,
      limit_nats: part.limitNats ?? null,
      evidence_nats: part.evidenceNats,
      mean_logprob_256: part.meanLogprob256,
      verdict: part.verdict,
      why: part.why ?? null,
    })),
  };
}
