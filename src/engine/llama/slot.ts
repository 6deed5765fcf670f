import type { LlamaContextSequence, Token } from "node-llama-cpp";
import { CortensorError } from "../../errors/cortensorError.ts";
import { TOP_K } from "../../protocol/sampler.ts";
import type { Candidate } from "../interface.ts";

/** Prompt tokens per call of the library, which cannot be interrupted. */
const SLICE = 128;
/** Probabilities below are as good as none; the logarithm of zero is no number to send. */
const LEAST_PROBABILITY = 1e-45;
/** With these the library gives the K likeliest tokens, softmax over those K: no other cut, no other temperature. */
const SAMPLING = { temperature: 1, topK: TOP_K, topP: 1, minP: 0, seed: 0, yieldEogToken: true } as const;

/** One sequence of a context: one answer at a time. */
export class Slot {
  readonly #sequence: LlamaContextSequence;
  /** Tokens from the beginning that were prefilled in whole slices, as any other answer would prefill them. */
  #prefilled = 0;

  constructor(sequence: LlamaContextSequence) {
    this.#sequence = sequence;
  }

  /**
   * How many leading tokens of `ids` need no work here. Only whole slices count, so that an answer has the same batches,
   * and thus the same logits to the last bit, with and without reuse.
   */
  reusable(ids: readonly number[]): number {
    // Models whose cache cannot be cut at any place begin anew.
    if (this.#sequence.needsCheckpoints) return 0;
    const held = this.#sequence.contextTokens;
    const most = Math.min(this.#prefilled, held.length, ids.length - 1);
    let same = 0;
    while (same < most && held[same] === ids[same]) same += 1;
    return same - (same % SLICE);
  }

  /** Gives the candidates of each next token; `next(id)` says which it is to be. */
  async *candidates(ids: readonly number[], signal: AbortSignal): AsyncGenerator<readonly Candidate[], void, number> {
    const rest = await guarded(signal, () => this.#prefill(ids as readonly Token[], signal));
    const steps = this.#sequence.evaluateWithMetadata(rest, { probabilities: true }, SAMPLING);
    try {
      let step = await guarded(signal, () => steps.next());
      while (step.done !== true) {
        signal.throwIfAborted();
        const id = (yield candidatesOf(step.value.probabilities)) as Token;
        signal.throwIfAborted();
        step = await guarded(signal, () => steps.next(id));
      }
    } finally {
      // The next user of a sequence fails when the last one has left a call unfinished.
      await steps.return();
    }
  }

  /** Works through whole slices, looking at the signal in between; what is left has 1 to SLICE tokens. */
  async #prefill(ids: readonly Token[], signal: AbortSignal): Promise<Token[]> {
    let at = this.reusable(ids);
    this.#prefilled = 0;
    const held = this.#sequence.nextTokenIndex;
    if (at === 0) await this.#sequence.clearHistory();
    else if (at < held) await this.#sequence.eraseContextTokenRanges([{ start: at, end: held }]);
    for (; ids.length - at > SLICE; at += SLICE) {
      signal.throwIfAborted();
      await this.#sequence.evaluateWithoutGeneratingNewTokens(ids.slice(at, at + SLICE));
    }
    this.#prefilled = at;
    signal.throwIfAborted();
    return ids.slice(at);
  }
}

/** The library's failures as ours; an end that was asked for is not a failure. */
async function guarded<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
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

function candidatesOf(probabilities: ReadonlyMap<Token, number>): Candidate[] {
  const candidates: Candidate[] = [];
  for (const [id, probability] of probabilities)
    candidates.push({ id, logprob: Math.log(Math.max(probability, LEAST_PROBABILITY)) });
  return candidates;
}
