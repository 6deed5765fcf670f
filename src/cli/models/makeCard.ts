import { basename, resolve } from "node:path";
import { calibrate } from "../../replay/calibrate/calibrate.ts";
import { cardFile } from "../../replay/cards.ts";
import { resolveModel } from "../../replay/findModel.ts";
import { createEngine } from "../../engine/index.ts";
import type { Engine } from "../../engine/interface.ts";
import { privateFolder } from "../../node/home.ts";
import { createSilentLog } from "../../observability/log.ts";
import type { ThresholdCard } from "../../protocol/thresholdCard.ts";
import { writeJson } from "../../util/jsonFile.ts";
import type { Context } from "../context.ts";

export interface CardAsked {
  readonly ref: string;
  readonly against: readonly string[];
  readonly out: string | undefined;
  readonly quick: boolean;
  readonly threads: number;
}

/** Prompt and answer of every question fit. */
const CONTEXT_TOKENS = 1024;

/** Measures a model and writes its card, whole or not at all. `file`: null when it was only tried out. */
export async function makeCard(
  ctx: Context,
  { ref, against, out, quick, threads }: CardAsked,
): Promise<{ readonly card: ThresholdCard; readonly file: string | null; readonly name: string }> {
  const { signal } = ctx;
  const folder = ctx.home.modelsFolder;
  const modelFile = await resolveModel(ref, { folder, signal });
  const others = await Promise.all(against.map((each) => resolveModel(each, { folder, signal })));
  await privateFolder(ctx.home.root);
  const open = async (kind: Partial<Parameters<typeof createEngine>[0]>, file = modelFile): Promise<Engine> => {
    const engine = createEngine(
      { kind: "llama", modelFile: file, contextTokens: CONTEXT_TOKENS, folder, ...kind },
      { log: createSilentLog() },
    );
    await engine.start(signal);
    return engine;
  };
  const name = basename(modelFile, ".gguf");
  const card = await ctx.step({
    name: "calibrate",
    work: (say) =>
      calibrate(
        {
          threads,
          against: others.map((file) => ({ name: basename(file, ".gguf"), file })),
          quick,
          signal,
          onProgress: say,
        },
        { open },
      ),
    result: ({ bands }) => `${name}, ${bands.length} bands`,
  });
  // The wide limits of a few answers must not stand where cards are looked for.
  const place = quick ? null : cardFile(card.modelId, folder);
  const file = out === undefined ? place : resolve(out);
  if (file !== null) await writeJson(file, card, 0o644);
  return { card, file, name };
}
