import { bandOf, limitNats, type ThresholdCard } from "../protocol/thresholdCard.ts";
import type { TaskParams } from "../protocol/records.ts";
import { TOP_K } from "../protocol/sampler.ts";
import type { Address } from "../util/types.ts";
import type { ReplicaResult } from "./task.ts";

interface Scored {
  /** Place of the result that was scored. */
  readonly at: number;
  readonly marginNats: number | undefined;
}

/**
 * Has every answer judged by the miners of the others. Resolves with the places of those that more than half of their
 * judges find within the card's limit, and of those that they do not; undefined where the card or the judges say nothing.
 */
export async function judged(
  results: readonly ReplicaResult[],
  { card, params }: { card: ThresholdCard; params: TaskParams },
  score: (miner: Address, answer: { ids: readonly number[]; at: number }) => Promise<number | undefined>,
): Promise<{ readonly passed: readonly number[]; readonly failed: readonly number[] } | undefined> {
  const cuts = params.topP < 1 || params.minP > 0 || params.topK < TOP_K;
  const band = bandOf(card, { temperature: params.temperature, cuts });
  if (band === undefined) return undefined;
  const scores = await Promise.all(
    results.flatMap(({ bundle: { ids } }, at) =>
      results
        .filter((_, other) => other !== at)
        .map(async ({ miner }): Promise<Scored> => ({ at, marginNats: await score(miner, { ids, at }) })),
    ),
  );
  const verdicts = results.map(({ bundle: { ids } }, at) => {
    const limit = limitNats(band, ids.length);
    const told = scores.flatMap((one) => (one.at === at && one.marginNats !== undefined ? one.marginNats : []));
    if (limit === undefined || told.length === 0) return undefined;
    return told.filter((nats) => nats <= limit).length * 2 > told.length;
  });
  const where = (wanted: boolean): number[] => verdicts.flatMap((verdict, at) => (verdict === wanted ? at : []));
  const passed = where(true);
  return passed.length === 0 ? undefined : { passed, failed: where(false) };
}
