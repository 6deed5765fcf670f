import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { demoModelFile } from "../engine/modelFile.ts";
import { type ThresholdCard, thresholdCardSchema } from "../protocol/thresholdCard.ts";
import { readJson } from "../util/jsonFile.ts";
import type { Hex } from "../util/types.ts";

/** Of a card's file, behind the name. */
export const CARD_SUFFIX = ".card.json";

/** Where `model calibrate` keeps the card of a model. */
export function cardFile(modelId: Hex, folder: string): string {
  return join(folder, `${modelId.slice(2)}${CARD_SUFFIX}`);
}

/**
 * The threshold card of a model: the one made here, in `folder`, before the one of the package. Undefined when there is
 * none. A file that is no card is passed over, as any other model's is.
 */
export async function findCard(modelId: Hex, folder: string): Promise<ThresholdCard | undefined> {
  const own = await readCard(cardFile(modelId, folder));
  if (own?.modelId === modelId) return own;
  for (const place of [folder, dirname(demoModelFile())]) {
    const names = (await readdir(place).catch(() => [])).filter((name) => name.endsWith(CARD_SUFFIX)).sort();
    for (const name of names) {
      const card = await readCard(join(place, name));
      if (card?.modelId === modelId) return card;
    }
  }
  return undefined;
}

async function readCard(file: string): Promise<ThresholdCard | undefined> {
  const parsed = thresholdCardSchema.safeParse(await readJson(file).catch(() => undefined));
  return parsed.success ? parsed.data : undefined;
}
