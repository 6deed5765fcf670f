import type { TaskRecord } from "../../client/index.ts";
import { parseCor } from "../../util/money.ts";
import { costText } from "../commands/dimLine.ts";
import { duration } from "../output/duration.ts";

/** Milliseconds for people who compare: `212 ms`, `2.96 s`, `1 min 04 s`. */
export function timeText(ms: number): string {
  if (ms > 0 && ms < 0.5) return "< 1 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 9995 ? `${(ms / 1000).toFixed(2)} s` : duration(ms);
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

export function corText(cor: string): string {
  const wei = parseCor(cor) ?? 0n;
  return wei === 0n ? "0 COR" : `${costText(wei)} COR`;
}

const STOPPED: Readonly<Record<string, string>> = {
  client: "its client left",
  command: "by command",
  timeout: "the router's time for it was over",
};

/** Where a task stands, as part of a sentence. */
export function stateText({
  state,
  finish,
  code,
  stopped_by: by,
  output_tokens: tokens,
}: Omit<TaskRecord, "schema">): string {
  if (state === "closed") return finish === null ? state : `${state}, ${finish}`;
  const stopped = by === null ? undefined : (STOPPED[by] ?? by);
  if (state === "failed" || state === "cancelled") {
    const why = stopped ?? code;
    return `${state} after ${countText(tokens, "token")}${why === null ? "" : `, ${why}`}`;
  }
  return tokens === 0 ? state : `${state}, ${countText(tokens, "token")} so far`;
}
