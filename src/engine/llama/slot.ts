import type { LlamaContextSequence, Token } from "node-llama-cpp";
import type { Candidate } from "../interface.ts";
import { candidatesOf, guarded, SAMPLING } from "./likeliest.ts";
import { replayed } from "./replay.ts";

/** Prompt tokens per call of the library, which cannot be interrupted. */
const SLICE = 128;

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
    const steps = this.#sequence.evaluateWithMetadata(
      rest,
      { probabilities: true },
      { ...SAMPLING, yieldEogToken: true },
    );
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

  /** Gives the candidates at each position of an answer that is known, each given everything before it. */
  async *replay(
    input: { ids: readonly number[]; forced: readonly number[]; vocabularySize: number },
    signal: AbortSignal,
  ): AsyncGenerator<readonly Candidate[], void, void> {
    const rest = await guarded(signal, () => this.#prefill(input.ids as readonly Token[], signal));
    const { forced, vocabularySize } = input;
    yield* replayed(this.#sequence, { rest, forced: forced as readonly Token[], vocabularySize }, signal);
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
