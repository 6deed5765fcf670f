import type { Engine } from "../../engine/interface.ts";
import { createSampler, type SamplerOptions } from "../../protocol/sampler.ts";

export interface AnswerAsked {
  /** The rendered prompt, without what is resumed. */
  readonly prompt: readonly number[];
  readonly options: SamplerOptions;
  /** Of the whole answer. */
  readonly maxTokens: number;
  /** The beginning of the answer, by somebody else. */
  readonly resume?: readonly number[] | undefined;
}

export interface WrittenAnswer {
  /** The whole answer, what was resumed included. */
  readonly ids: readonly number[];
  /** The model ended its turn. */
  readonly ended: boolean;
}

/** An answer as an honest miner computes it. */
export async function writeAnswer(
  { prompt, options, maxTokens, resume = [] }: AnswerAsked,
  engine: Engine,
  signal: AbortSignal,
): Promise<WrittenAnswer> {
  const sample = createSampler(options);
  const ids = [...resume];
  let ended = false;
  const choose = (candidates: Parameters<typeof sample>[0]): number => sample(candidates, ids.length);
  const input = { ids: [...prompt, ...resume], maxTokens: maxTokens - resume.length, choose };
  for await (const token of engine.generate(input, signal)) {
    ids.push(token.id);
    ended = token.end;
  }
  return { ids, ended };
}
