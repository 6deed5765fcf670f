import type { ExplainedAttempt, ExplainRecord } from "../../protocol/taskRecords.ts";
import type { PassedOver } from "../../protocol/filters.ts";
import { formatCor } from "../../util/money.ts";
import type { AttemptTrace, TaskTrace } from "../trace.ts";
import { taskFields } from "./taskRecord.ts";

const MILLION = 1_000_000n;

/** Everything that was decided about a task, and why. */
export function explainRecord(trace: TaskTrace, others: readonly TaskTrace[]): ExplainRecord {
  const attempts = [...trace.attempts, ...(trace.replicas ?? [])];
  const feesWei = attempts.reduce((sum, { feeWei }) => sum + feeWei, 0n);
  const marginWei = trace.costWei > feesWei ? trace.costWei - feesWei : 0n;
  return {
    schema: "cortensor.explain/1",
    ...taskFields(trace, others),
    attempts: attempts.map(attemptRecord),
    fees_cor: formatCor(feesWei),
    margin_cor: formatCor(marginWei),
  };
}

function attemptRecord(attempt: AttemptTrace): ExplainedAttempt {
  const { drawn, passedOver, scanned, explored, freeSlots, freeMiners } = attempt.decision;
  const milliseconds = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value));
  return {
    attempt: attempt.number,
    cause: attempt.cause,
    miner: attempt.miner,
    queued_ms: Math.round(attempt.queuedMs),
    sent_ms: Math.round(attempt.sentMs),
    ack_ms: milliseconds(attempt.ackMs),
    ttft_ms: milliseconds(attempt.ttftMs),
    duration_ms: milliseconds(attempt.durationMs),
    from_token: attempt.from,
    to_token: attempt.to,
    end: attempt.end,
    why: whyOf(attempt),
    drawn: drawn.map((one) => ({
      miner: one.miner,
      expected_ms: tenths(one.costSeconds),
      rtt_ms: tenths(one.rttSeconds),
      prompt_ms: tenths(one.prefillSeconds),
      answer_ms: tenths(one.decodeSeconds),
      prefix_match: Math.round(one.prefixMatch * 1000) / 1000,
      reputation: Math.round(one.reputation * 1000) / 1000,
    })),
    free_slots: freeSlots,
    free_miners: freeMiners,
    explored,
    passed_over: passedOver.map(passedOverRecord),
    passed_over_unlisted: attempt.unlisted ?? 0,
    scanned,
    ...priceParts(attempt),
  };
}

/** A miner's own sentence could quote the prompt, so only its code is told. */
function whyOf({ message, reason }: AttemptTrace): string | null {
  if (reason === undefined) return message ?? null;
  return `the miner's reason: ${/^[a-z][a-z0-9-]*$/.test(reason) ? reason : "not a code"}`;
}

function priceParts(attempt: AttemptTrace) {
  const { promptPrice, outputPrice, feeWei, paid = { promptTokens: 0, outputTokens: 0 } } = attempt;
  return {
    prompt_cor_per_million: formatCor(promptPrice * MILLION),
    output_cor_per_million: formatCor(outputPrice * MILLION),
    prompt_tokens_paid: paid.promptTokens,
    output_tokens_paid: paid.outputTokens,
    prompt_cor: formatCor(BigInt(paid.promptTokens) * promptPrice),
    output_cor: formatCor(BigInt(paid.outputTokens) * outputPrice),
    fee_cor: formatCor(feeWei),
  };
}

function passedOverRecord({ miner, reason, needed, found }: PassedOver): ExplainedAttempt["passed_over"][number] {
  const unit = UNITS[reason] ?? null;
  const value = (given: number | bigint | undefined): number | string | null =>
    given === undefined
      ? null
      : typeof given === "bigint"
        ? formatCor(given * MILLION)
        : unit === "ms"
          ? tenths(given)
          : Math.round(given * 1000) / 1000;
  return { miner, reason, unit, needed: value(needed), found: value(found) };
}

const UNITS: Readonly<Partial<Record<PassedOver["reason"], string>>> = {
  context: "tokens",
  class: "class",
  price: "cor_per_million",
  reputation: "share",
  cost: "ms",
};

/** Milliseconds to the tenth. */
function tenths(seconds: number): number {
  return Math.round(seconds * 10_000) / 10;
}
