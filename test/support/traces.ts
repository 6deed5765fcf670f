import type { AttemptTrace, TaskTrace } from "../../src/router/trace.ts";
import type { Address, Hex } from "../../src/util/types.ts";

export const ACCOUNT: Hex = `0x${"ac".repeat(32)}`;
export const minerOf = (digit: string): Address => `0x${digit.repeat(40)}`;
export const taskOf = (start: string): Hex => `0x${start.padEnd(64, "0")}`;

export function attemptTrace(change: Partial<AttemptTrace> = {}): AttemptTrace {
  return {
    number: 0,
    cause: "first",
    miner: minerOf("1"),
    decision: {
      drawn: [
        {
          miner: minerOf("1"),
          costSeconds: 2.96,
          rttSeconds: 0.034,
          prefillSeconds: 0.09,
          decodeSeconds: 2.836,
          prefixMatch: 0.62,
          reputation: 0.99,
        },
        {
          miner: minerOf("2"),
          costSeconds: 3.181,
          rttSeconds: 0.041,
          prefillSeconds: 0.23,
          decodeSeconds: 2.91,
          prefixMatch: 0,
          reputation: 0.5,
        },
      ],
      passedOver: [
        { miner: minerOf("3"), reason: "price", needed: 2n * 10n ** 12n, found: 3n * 10n ** 12n },
        { miner: minerOf("4"), reason: "circuit" },
        { miner: minerOf("2"), reason: "cost", needed: 2.96, found: 3.181 },
      ],
      scanned: false,
      explored: false,
      freeSlots: 61,
      freeMiners: 37,
    },
    queuedMs: 0,
    sentMs: 2,
    ackMs: 40,
    ttftMs: 212,
    durationMs: 3052,
    from: 0,
    to: 128,
    end: "stop",
    paid: { promptTokens: 230, outputTokens: 128 },
    feeWei: 230n * 2n * 10n ** 11n + 128n * 21n * 10n ** 11n,
    promptPrice: 2n * 10n ** 11n,
    outputPrice: 21n * 10n ** 11n,
    ...change,
  };
}

/** A task that one miner answered. */
export function taskTrace(change: Partial<TaskTrace> = {}): TaskTrace {
  const attempts = change.attempts ?? [attemptTrace()];
  const feesWei = attempts.reduce((sum, { feeWei }) => sum + feeWei, 0n);
  return {
    id: taskOf("9c37"),
    account: ACCOUNT,
    model: "qwen3-8b-q4_k_m",
    createdAt: Date.UTC(2026, 10, 24, 14, 2, 22),
    state: { status: "closed", attempts: 1, outputTokens: 128, miner: minerOf("1"), finish: "stop" },
    promptTokens: 230,
    outputTokens: 128,
    durationMs: 3054,
    costWei: feesWei + feesWei / 20n,
    receipt: "r_8fa20000",
    ...change,
    attempts,
  };
}
