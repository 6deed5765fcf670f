import type { Hex, Startable } from "../util/types.ts";

/** A loaded model, as its files say. */
export interface ModelInfo {
  /** SHA-256 over the sorted SHA-256 of all its files. */
  readonly modelId: Hex;
  /** A label, from the file's name or metadata. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Tokens of prompt and answer together, per sequence. */
  readonly contextTokens: number;
  readonly vocabularySize: number;
  /** The model's own jinja template; undefined: messages are joined as plain text. */
  readonly chatTemplate: string | undefined;
  readonly bosText: string;
  readonly eosText: string;
  /** Whether a prompt begins with the begin-of-sequence token. */
  readonly addBos: boolean;
  /** The texts of control tokens, which are parsed in template literals only. */
  readonly controlTokens: readonly string[];
}

export interface Candidate {
  readonly id: number;
  /** Natural logarithm of the probability at temperature 1, normalised over the candidates that are given. */
  readonly logprob: number;
}

export interface GenerateInput {
  /** Everything before the first new token: the rendered prompt, and the ids of an answer that goes on. */
  readonly ids: readonly number[];
  /** At most this many new tokens. */
  readonly maxTokens: number;
  /** Picks from the K = 64 most likely tokens; called once per position, in order. Must return one of them. */
  choose(candidates: readonly Candidate[]): number;
}

export interface ReplayInput {
  /** The rendered prompt. */
  readonly ids: readonly number[];
  /** The output ids of the whole answer, the end of the turn included; its first token is position 0. */
  readonly forced: readonly number[];
}

export interface GeneratedToken {
  readonly id: number;
  readonly logprob: number;
  /** The model ended its turn with this token; it is the last one. */
  readonly end: boolean;
}

/**
 * A model that gives the most likely next tokens with their log-probabilities. It never samples: the choice is the
 * caller's, so that anybody can repeat it.
 *
 * Errors: `model-missing`, `model-damaged`, `model-memory`, `engine-missing` from `start`; `context-length` from
 * `generate` when `ids` leave no room, and from `replay` when prompt and answer do not fit together; `bad-request` for a
 * prompt without tokens and for ids that are not in the vocabulary.
 */
export interface Engine extends Startable {
  /** Valid after `start`. */
  readonly model: ModelInfo;
  /** Sequences that can run at once. */
  readonly slots: number;
  /** `control` parses the texts of control tokens as those tokens. */
  tokenize(text: string, control: boolean): number[];
  /** Decodes as one piece; control tokens give no text; an incomplete UTF-8 tail gives U+FFFD. */
  detokenize(ids: readonly number[]): string;
  /**
   * Generates token by token. An aborted signal or a consumer that leaves the loop stops within one token (a long
   * prefill: within one slice) and frees the slot. Waits for a free slot if all are taken, first come, first served.
   * Rejects with the signal's reason, with `interrupted` once the engine is stopped, and with `task-failed` when the
   * model stops computing.
   */
  generate(input: GenerateInput, signal: AbortSignal): AsyncIterable<GeneratedToken>;
  /**
   * For each forced token, in order, the K = 64 most likely tokens given everything before it, normalised as those that
   * `generate` offers: what an answer was chosen from, told afterwards. After them the 16 next, on the same scale, as
   * other machines may count them among the K. Waits, stops and rejects as `generate` does.
   */
  replay(input: ReplayInput, signal: AbortSignal): AsyncIterable<readonly Candidate[]>;
}
