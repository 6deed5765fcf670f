import { formatCor, parseCor } from "../../util/money.ts";
import type { Tally } from "./doneLine.ts";

/** What `submit --batch --json` prints. */
export interface BatchSummary {
  readonly schema: "cortensor.batch/1";
  readonly input: string;
  readonly output: string;
  readonly lines: number;
  readonly answered: number;
  readonly failed: number;
  /** Finished by an earlier run of the same command. */
  readonly resumed: number;
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
  /** Null when the server tells no cost. */
  readonly cost_cor: string | null;
  /** Answers of each miner. */
  readonly miners: Readonly<Record<string, number>>;
  readonly errors: readonly { readonly line: number; readonly code: string; readonly message: string }[];
  readonly duration_ms: number;
}

export function summaryOf(
  tallies: readonly Tally[],
  rest: Pick<BatchSummary, "input" | "output" | "resumed" | "duration_ms">,
): BatchSummary {
  const sum = (field: "prompt_tokens" | "output_tokens"): number =>
    tallies.reduce((total, tally) => total + tally[field], 0);
  const errors = tallies.flatMap(({ line, failed }) => (failed === null ? [] : [{ line, ...failed }]));
  const miners: Record<string, number> = {};
  for (const { miner } of tallies) if (miner !== null) miners[miner] = (miners[miner] ?? 0) + 1;
  return {
    schema: "cortensor.batch/1",
    input: rest.input,
    output: rest.output,
    lines: tallies.length,
    answered: tallies.length - errors.length,
    failed: errors.length,
    resumed: rest.resumed,
    usage: {
      prompt_tokens: sum("prompt_tokens"),
      completion_tokens: sum("output_tokens"),
      total_tokens: sum("prompt_tokens") + sum("output_tokens"),
    },
    cost_cor: costOf(tallies),
    miners,
    errors: errors.toSorted((a, b) => a.line - b.line),
    duration_ms: rest.duration_ms,
  };
}

/** Decimal COR; null when no line tells its cost. */
export function costOf(tallies: Iterable<Pick<Tally, "cost_cor">>): string | null {
  let total: bigint | undefined;
  for (const { cost_cor: cost } of tallies) {
    const wei = cost === null ? undefined : parseCor(cost);
    if (wei !== undefined) total = (total ?? 0n) + wei;
  }
  return total === undefined ? null : formatCor(total);
}

export function summaryFields(summary: BatchSummary): (readonly [label: string, value: string])[] {
  const { answered, failed, resumed, usage, cost_cor: cost, miners } = summary;
  const count = (value: number): string => value.toLocaleString("en");
  const notes = [failed > 0 && `${count(failed)} failed`, resumed > 0 && `${count(resumed)} from the run before`];
  return [
    ["answered", [`${count(answered)} of ${count(summary.lines)} lines`, ...notes.filter(Boolean)].join(", ")],
    ["tokens", `${count(usage.prompt_tokens)} in, ${count(usage.completion_tokens)} out`],
    ["cost", cost === null ? "the router does not say" : `${cost} COR`],
    ["miners", count(Object.keys(miners).length)],
    ["written", summary.output],
  ];
}
