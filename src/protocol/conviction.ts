import type { Verdict } from "./verdict.ts";

/** At most this share of an honest miner's tasks fail: what threshold cards are made for. */
const HONEST_FAIL_RATE = 1e-4;
/** The least share of failed tasks that is to be found out. */
const CHEAT_FAIL_RATE = 0.05;
/** About three fails close together; one false conviction in 2.6e10 honest audits. */
export const CONVICTION_NATS = 18.4;

const WEIGHT_NATS: Readonly<Record<Verdict, number>> = {
  fail: Math.log(CHEAT_FAIL_RATE / HONEST_FAIL_RATE),
  pass: Math.log((1 - CHEAT_FAIL_RATE) / (1 - HONEST_FAIL_RATE)),
  inconclusive: 0,
};

/**
 * A miner's suspicion after one more audited task: Page's cumulative sum of log-likelihood ratios, never below 0, so that
 * good conduct banks no credit. Begins at 0.
 */
export function suspicion(beforeNats: number, verdict: Verdict): number {
  return Math.max(0, beforeNats + WEIGHT_NATS[verdict]);
}

export function isConvicted(suspicionNats: number): boolean {
  return suspicionNats >= CONVICTION_NATS;
}
