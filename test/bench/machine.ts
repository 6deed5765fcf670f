import { getLlama, LlamaLogLevel, type LlamaModel, type Token } from "node-llama-cpp";
import { Slot } from "../../src/engine/llama/slot.ts";
import type { Candidate } from "../../src/engine/interface.ts";
import { createSampler, type SamplerOptions } from "../../src/protocol/sampler.ts";

const NEVER = new AbortController().signal;
const MOST_TOKENS = 48;
const LIBRARY = getLlama({ build: "never", gpu: false, maxThreads: 0, logLevel: LlamaLogLevel.disabled });

/** One model on one machine, as a miner or a verifier has it; `engine/` offers no choice of flash attention. */
export class Machine {
  readonly #model: LlamaModel;
  readonly #slot: Slot;

  private constructor(model: LlamaModel, slot: Slot) {
    this.#model = model;
    this.#slot = slot;
  }

  static async open(modelPath: string, options: { threads: number; flashAttention: boolean }): Promise<Machine> {
    const model = await (await LIBRARY).loadModel({ modelPath });
    const context = await model.createContext({ contextSize: 1024, ...options });
    return new Machine(model, new Slot(context.getSequence()));
  }

  prompt(question: string, system?: string): number[] {
    const before = system === undefined ? "" : `<|im_start|>system\n${system}<|im_end|>\n`;
    return this.#model.tokenize(`${before}<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`, true);
  }

  /** The output ids of an answer, its end included. */
  async write(ids: readonly number[], options: SamplerOptions): Promise<number[]> {
    const choose = createSampler(options);
    const answer: number[] = [];
    const steps = this.#slot.candidates(ids, NEVER);
    let step = await steps.next();
    while (step.done !== true) {
      const id = choose(step.value, answer.length);
      answer.push(id);
      if (this.#model.isEogToken(id as Token) || answer.length === MOST_TOKENS) break;
      step = await steps.next(id);
    }
    await steps.return();
    return answer;
  }

  async replay(ids: readonly number[], forced: readonly number[]): Promise<(readonly Candidate[])[]> {
    const vocabularySize = this.#model.fileInfo.metadata.tokenizer.ggml.tokens.length;
    const positions: (readonly Candidate[])[] = [];
    for await (const each of this.#slot.replay({ ids, forced, vocabularySize }, NEVER)) positions.push(each);
    return positions;
  }

  async close(): Promise<void> {
    await this.#model.dispose();
  }
}
