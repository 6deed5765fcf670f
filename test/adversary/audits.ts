import { findCard } from "../../src/replay/cards.ts";
import { hasCuts, replayReceipt } from "../../src/replay/replayReceipt.ts";
import { isConvicted, suspicion } from "../../src/protocol/conviction.ts";
import type { MarginSummary } from "../../src/protocol/marginSummary.ts";
import { FINISH } from "../../src/protocol/records.ts";
import { bandOf, type ThresholdBand } from "../../src/protocol/thresholdCard.ts";
import { judge, type Verdict, type Waiting } from "../../src/protocol/verdict.ts";
import { seededRandom } from "../../src/util/random.ts";
import { type Asked, receiptFor } from "../support/writeReceipt.ts";
import type { Machines } from "./machines.ts";
import type { Writer } from "./writers.ts";

const NEVER = new AbortController().signal;

/** How a writer fares under audit. */
export interface Audited {
  readonly writer: string;
  readonly honest: boolean;
  /** One a task, in order; `inconclusive` ones were joined to the next. */
  readonly verdicts: readonly Verdict[];
  readonly meanMarginNats: number;
  /** The audit with which it was convicted, from 1; undefined when it was not. */
  readonly convictedAt: number | undefined;
  readonly highestSuspicionNats: number;
}

/** Audits every task of a writer: a receipt, its replay, the verdict, the sum. */
export async function audit(writer: Writer, tasks: readonly Asked[], machines: Machines): Promise<Audited> {
  const engine = await machines.get("reference");
  const card = await findCard(engine.model.modelId, "/nowhere");
  const verdicts: Verdict[] = [];
  let sumNats = 0;
  let tokens = 0;
  let waiting: Waiting | undefined;
  for (const [number, task] of tasks.entries()) {
    const { before = [], promptTokens, ...own } = await writer.write(task, number);
    const resumed = before.length > 0 ? [{ ids: before, finish: FINISH.growing }] : [];
    const claim = { engine, parts: [...resumed, own], ...(promptTokens !== undefined && { promptTokens }) };
    const { parts } = await replayReceipt({ bundle: receiptFor(task, claim), card, signal: NEVER }, engine);
    const part = parts.at(-1);
    const band = card && bandOf(card, { temperature: task.params.temperature, cuts: hasCuts(task.params) });
    if (part === undefined || band === undefined) throw new Error("the card that ships has a band for every task");
    const judged = verdictOn(part, band, waiting);
    verdicts.push(judged.verdict);
    waiting = judged.waiting;
    sumNats += part.meanMarginNats * part.tokens;
    tokens += part.tokens;
  }
  const meanMarginNats = tokens === 0 ? 0 : sumNats / tokens;
  return { writer: writer.name, honest: writer.honest, verdicts, meanMarginNats, ...convicted(verdicts) };
}

/** A task that is wrong on its face fails alone; others are judged by their margins, short ones with the next. */
function verdictOn(
  part: MarginSummary & { readonly verdict: Verdict },
  band: ThresholdBand,
  waiting: Waiting | undefined,
): { verdict: Verdict; waiting: Waiting | undefined } {
  const alone = judge(part, band);
  if (part.verdict === "fail" && alone.verdict !== "fail") return { verdict: "fail", waiting };
  return judge(part, band, waiting);
}

function convicted(verdicts: readonly Verdict[]): Pick<Audited, "convictedAt" | "highestSuspicionNats"> {
  let nats = 0;
  let highestSuspicionNats = 0;
  for (const [index, verdict] of verdicts.entries()) {
    nats = suspicion(nats, verdict);
    highestSuspicionNats = Math.max(highestSuspicionNats, nats);
    if (isConvicted(nats)) return { convictedAt: index + 1, highestSuspicionNats };
  }
  return { convictedAt: undefined, highestSuspicionNats };
}

/** Of the tasks that were judged, those that failed. */
export function failShare({ verdicts }: Pick<Audited, "verdicts">): number {
  const judged = verdicts.filter((verdict) => verdict !== "inconclusive");
  return judged.length === 0 ? 0 : judged.filter((verdict) => verdict === "fail").length / judged.length;
}

const RUNS = 400;
const MOST_AUDITS = 2000;

/** The median and the 90th percentile of audits until conviction, when verdicts come in any order; undefined: above 2000. */
export function auditsNeeded({ verdicts }: Pick<Audited, "verdicts">): readonly (number | undefined)[] {
  if (!verdicts.includes("fail")) return [undefined, undefined];
  const random = seededRandom("audits");
  const needed = Array.from({ length: RUNS }, () => {
    let nats = 0;
    for (let audits = 1; audits <= MOST_AUDITS; audits += 1) {
      nats = suspicion(nats, verdicts[Math.floor(random() * verdicts.length)] ?? "pass");
      if (isConvicted(nats)) return audits;
    }
    return Number.POSITIVE_INFINITY;
  }).sort((a, b) => a - b);
  return [0.5, 0.9].map((share) => {
    const audits = needed[Math.floor(share * RUNS)] ?? Number.POSITIVE_INFINITY;
    return Number.isFinite(audits) ? audits : undefined;
  });
}
