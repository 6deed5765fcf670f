import { limitNats, type ThresholdCard } from "../../protocol/thresholdCard.ts";
import type { Column } from "../output/table.ts";

export const CARD_COLUMNS: readonly Column[] = [
  { title: "temperature" },
  { title: "cuts" },
  { title: "writer" },
  { title: "tokens", right: true },
  { title: "match", right: true },
  { title: "mean nats", right: true },
  { title: "largest", right: true },
  { title: "tasks failed", right: true },
  { title: "limit 16", right: true },
  { title: "limit 64", right: true },
];

/** A card as a table: a line for each writer of each band. */
export function cardRows({ bands }: ThresholdCard): string[][] {
  return bands.flatMap((band) => {
    const { temperature, cuts, measured = [] } = band;
    const words = temperature === 0 ? "0" : `to ${temperature}`;
    const limits = [16, 64].map((tokens) => (limitNats(band, tokens) ?? 0).toFixed(4));
    return measured.map((each) => [
      words,
      cuts ? "yes" : "no",
      each.honest ? `honest, ${each.writer}` : each.writer,
      String(each.tokens),
      `${(100 * each.matchShare).toFixed(2)}%`,
      each.meanMarginNats.toFixed(4),
      each.largestNats.toFixed(2),
      `${(100 * each.failShare).toFixed(1)}%`,
      ...limits,
    ]);
  });
}
