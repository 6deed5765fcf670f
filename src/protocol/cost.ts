import type { MinerFacts, SelectionTask } from "./minerFacts.ts";

/** Where nothing was measured yet. */
export const UNMEASURED = { prefillMsPerToken: 5, decodeMsPerToken: 50 } as const;

/** What an answer costs, in seconds: how long it takes, and how much longer others take because of it. */
export interface Cost {
  readonly costSeconds: number;
  readonly rttSeconds: number;
  readonly prefillSeconds: number;
  readonly decodeSeconds: number;
  /** The part of the prompt that need not be computed, 0 to 1. */
  readonly prefixMatch: number;
}

/**
 * rtt + promptTokens x (1 - prefixMatch) x prefillPerToken + expectedTokens x timePerToken, the times per token
 * multiplied by the strain that the miner is under.
 */
export function costOf(one: MinerFacts, task: SelectionTask): Cost {
  const { usual } = task;
  const prefillMs = one.prefillMsPerToken ?? usual?.prefillMsPerToken ?? UNMEASURED.prefillMsPerToken;
  const decodeMs = one.decodeMsPerToken ?? usual?.decodeMsPerToken ?? UNMEASURED.decodeMsPerToken;
  const prefixMatch = task.prefixMatch?.(one) ?? 0;
  const rttSeconds = one.rttMs / 1000;
  const strain = one.strain ?? 1;
  const prefillSeconds = (task.promptTokens * (1 - prefixMatch) * prefillMs * strain) / 1000;
  const decodeSeconds = (task.expectedTokens * decodeMs * strain) / 1000;
  return {
    costSeconds: rttSeconds + prefillSeconds + decodeSeconds,
    rttSeconds,
    prefillSeconds,
    decodeSeconds,
    prefixMatch,
  };
}

/** What the task takes at a miner of usual speed that does nothing else, in seconds; undefined where nothing is usual yet. */
export function usualSeconds({ usual, promptTokens, expectedTokens }: SelectionTask): number | undefined {
  const { prefillMsPerToken, decodeMsPerToken } = usual ?? {};
  if (prefillMsPerToken === undefined || decodeMsPerToken === undefined) return undefined;
  return (promptTokens * prefillMsPerToken + expectedTokens * decodeMsPerToken) / 1000;
}

/** How long an answer will be: the key's average so far, as far as it may go. */
export function expectedTokens({ maxTokens, average }: { maxTokens: number; average?: number | undefined }): number {
  return average === undefined ? maxTokens : Math.min(maxTokens, average);
}
