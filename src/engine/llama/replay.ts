import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from "node-llama-cpp";
import type { Candidate } from "../interface.ts";
import { candidatesOf, guarded, overK, REPLAY_SAMPLING } from "./likeliest.ts";

/** The library keeps a number of four bytes for each token of the vocabulary and each position of a call. */
const LOGITS_BYTES = 64e6;
/**
 * A call of the library cannot be interrupted. On processors, llama.cpp computes attention over 64 positions or more in
 * another order than over one, which moves log-probabilities of an 8-bit model by 0.05 nats; below that, a replay is equal
 * to the last bit to the answer that was computed token by token.
 */
const MOST_POSITIONS = 32;
const WITH_PROBABILITIES = { generateNext: { probabilities: true, options: REPLAY_SAMPLING } } as const;

export interface ReplayRun {
  /** Of the prompt, what the sequence does not hold yet: at least its last token. */
  readonly rest: readonly Token[];
  readonly forced: readonly Token[];
  readonly vocabularySize: number;
}

/** How many positions are worked through in one call. */
export function positionsAtOnce(vocabularySize: number): number {
  return Math.max(1, Math.min(MOST_POSITIONS, Math.floor(LOGITS_BYTES / (vocabularySize * 4))));
}

/** The candidates at each forced position: a prefill, as every token is known before. Looks at the signal in between. */
export async function* replayed(
  sequence: LlamaContextSequence,
  { rest, forced, vocabularySize }: ReplayRun,
  signal: AbortSignal,
): AsyncGenerator<readonly Candidate[], void, void> {
  const size = positionsAtOnce(vocabularySize);
  // In one call, as when the answer was computed.
  yield* evaluated(sequence, { plain: rest.slice(0, -1), asked: rest.slice(-1) }, signal);
  // The token before a position gives its candidates, so the last forced one is never worked through.
  for (let at = 0; at < forced.length - 1; at += size) {
    const asked = forced.slice(at, Math.min(at + size, forced.length - 1));
    yield* evaluated(sequence, { plain: [], asked }, signal);
  }
}

/** The candidates after each token that is asked. */
async function* evaluated(
  sequence: LlamaContextSequence,
  { plain, asked }: { plain: readonly Token[]; asked: readonly Token[] },
  signal: AbortSignal,
): AsyncGenerator<readonly Candidate[], void, void> {
  signal.throwIfAborted();
  const items: ControlledEvaluateInputItem[] = [...plain];
  for (const token of asked) items.push([token, WITH_PROBABILITIES]);
  const results = await guarded(signal, () => sequence.controlledEvaluate(items));
  for (const result of results.slice(plain.length)) {
    signal.throwIfAborted();
    yield overK(candidatesOf(result?.next.probabilities ?? new Map()));
  }
}
