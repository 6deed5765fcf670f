import type { ExplainedAttempt, ExplainRecord } from "../../client/index.ts";
import { printable } from "../output/printable.ts";
import type { NameOf } from "./nodeNames.ts";
import { passedOverText } from "./passedOverText.ts";
import { corText, countText, stateText, timeText } from "./taskText.ts";

type Fields = (readonly [label: string, value: string])[];

export interface Words {
  readonly nameOf: NameOf;
  /** Stands between two parts. */
  readonly between: string;
}

/** Why a task went as it did, for people. */
export function explainFields(record: ExplainRecord, words: Words): Fields {
  const { attempts, receipt } = record;
  const said = record.state === "closed" && record.finish === "stop" ? [] : [["state", stateText(record)] as const];
  const many = attempts.length > 1;
  return [
    [record.short_id, headline(record, words)],
    ...said,
    ...attempts.flatMap(
      (attempt): Fields => [
        ...(many ? [[labelOf(attempt), attemptText(attempt, words)] as const] : []),
        ...whyFields(attempt, words),
        ["chosen", chosenText(attempt, words)],
        ...expectedFields(attempt),
        ["timing", timingText(attempt, words)],
        ["price", priceText(attempt)],
      ],
    ),
    ["cost", costLine(record)],
    ...(receipt === null ? [] : [["proof", `cortensor verify ${receipt}`] as const]),
  ];
}

function headline(record: ExplainRecord, { between }: Words): string {
  const { prompt_tokens: input, output_tokens: output, ttft_ms: ttftMs } = record;
  const tokens = `${input === null ? "" : `${input.toLocaleString("en-US")} in, `}${output.toLocaleString("en-US")} out`;
  const first = ttftMs === null ? "no token" : `first token ${timeText(ttftMs)}`;
  return [printable(record.model), tokens, first, countText(record.attempt_count, "attempt")].join(` ${between} `);
}

const CAUSES: Readonly<Record<string, string>> = {
  first: "the first",
  retry: "nobody had answered yet",
  hedge: "the one before was late",
  failover: "goes on with the answer",
  replica: "compared with the answer that was shown",
};

function labelOf({ cause, attempt }: ExplainedAttempt): string {
  return cause === "replica" ? "replica" : `attempt ${attempt + 1}`;
}

function attemptText(attempt: ExplainedAttempt, { nameOf }: Words): string {
  const { miner, cause, from_token: from, to_token: to, end } = attempt;
  const range = to > from ? `tokens ${from + 1} to ${to}` : "no token";
  return `${nameOf(miner)}, ${CAUSES[cause] ?? printable(cause)}: ${range}, ${printable(end)}`;
}

function whyFields({ why }: ExplainedAttempt, { nameOf }: Words): Fields {
  return why === null ? [] : [["why", printable(why).replace(/0x[0-9a-f]{40}/g, nameOf)]];
}

function chosenText(attempt: ExplainedAttempt, { nameOf }: Words): string {
  const [chosen, other] = attempt.drawn;
  const compared =
    other === undefined
      ? "no other was drawn"
      : `the other drawn was ${nameOf(other.miner)}, ${timeText(other.expected_ms)}`;
  return [
    nameOf(attempt.miner) + (chosen === undefined ? "" : `, expected ${timeText(chosen.expected_ms)}`),
    `drawn from ${countText(attempt.free_slots, "free slot")} on ${countText(attempt.free_miners, "node")}`,
    ...(attempt.explored ? ["to learn about a newcomer"] : []),
    ...(attempt.scanned ? ["nobody drawn would do, so all were looked at"] : []),
    compared,
    passedOverText(attempt),
  ].join("; ");
}

function expectedFields({ drawn: [chosen] }: ExplainedAttempt): Fields {
  if (chosen === undefined) return [];
  const { rtt_ms: rtt, prompt_ms: prompt, answer_ms: answer, expected_ms: sum } = chosen;
  const parts = `${timeText(rtt)} away + prompt ${timeText(prompt)}${cached(chosen.prefix_match)} + answer ${timeText(answer)}`;
  return [["expected", `${parts} = ${timeText(sum)}`]];
}

function cached(share: number): string {
  return share > 0 ? ` (${Math.round(share * 100)}% in cache)` : "";
}

function timingText(attempt: ExplainedAttempt, { between }: Words): string {
  const { ack_ms: ackMs, ttft_ms: ttftMs, duration_ms: durationMs, from_token: from, to_token: to } = attempt;
  return [
    `queue ${timeText(attempt.queued_ms)}`,
    ackMs === null ? "not acknowledged" : `acknowledged ${timeText(ackMs)}`,
    ...(ttftMs === null ? [] : [`first token ${timeText(ttftMs)}`]),
    ...(durationMs === null || to === from ? [] : [`${countText(to - from, "token")} in ${timeText(durationMs)}`]),
  ].join(` ${between} `);
}

function priceText(attempt: ExplainedAttempt): string {
  if (attempt.fee_cor === "0") return "nothing was receipted, so nothing is paid";
  const input = `${attempt.prompt_tokens_paid.toLocaleString("en-US")} in x ${attempt.prompt_cor_per_million}`;
  const output = `${attempt.output_tokens_paid.toLocaleString("en-US")} out x ${attempt.output_cor_per_million}`;
  return `(${input} + ${output}) / 1,000,000 = ${attempt.fee_cor} COR`;
}

function costLine({ cost_cor: cost, margin_cor: margin, receipt }: ExplainRecord): string {
  const toRouter = margin === "0" ? "" : `, ${margin} COR of it to the router`;
  return `${corText(cost)}${toRouter}, ${receipt === null ? "no receipt" : `receipt ${receipt}`}`;
}
