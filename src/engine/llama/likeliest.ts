import type { Token } from "node-llama-cpp";
import { CortensorError } from "../../errors/cortensorError.ts";
import { REPLAY_K, TOP_K } from "../../protocol/sampler.ts";
import type { Candidate } from "../interface.ts";

/** Probabilities below are as good as none; the logarithm of zero is no number to send. */
const LEAST_PROBABILITY = 1e-45;
/** With these the library gives the K likeliest tokens, softmax over those K: no other cut, no other temperature. */
export const SAMPLING = { temperature: 1, topK: TOP_K, topP: 1, minP: 0, seed: 0 } as const;

/** The same for a replay, which tells some more than the K. */
export const REPLAY_SAMPLING = { ...SAMPLING, topK: REPLAY_K } as const;

/** Candidates whose log-probabilities are normalised over the K likeliest, however many there are. */
export function overK(candidates: readonly Candidate[]): Candidate[] {
  const total = candidates.slice(0, TOP_K).reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
  return candidates.map(({ id, logprob }) => ({ id, logprob: logprob - Math.log(total) }));
}

/** The library's probabilities, likeliest first, as candidates. */
export function candidatesOf(probabilities: ReadonlyMap<Token, number>): Candidate[] {
  const candidates: Candidate[] = [];
  for (const [id, probability] of probabilities)
    candidates.push({ id, logprob: Math.log(Math.max(probability, LEAST_PROBABILITY)) });
  return candidates;
}

/** The library's failures as ours; an end that was asked for is not a failure. */
export async function guarded<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    signal.throwIfAborted();
    throw new CortensorError("task-failed", "The model stopped computing.", {
      why: [["seen", cause instanceof Error ? cause.message : String(cause)]],
      cause,
    });
  }
}
