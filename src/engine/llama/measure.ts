import type { LlamaModel, Token } from "node-llama-cpp";

const WARM_UP_TOKENS = 2;
const MOST_TOKENS = 64;
const ENOUGH_MS = 150;

/** Tokens a second of one answer with so many threads: at most 64 tokens, at least 2, about 150 ms in between. */
export async function measureThreads(model: LlamaModel, threads: number): Promise<number> {
  const context = await model.createContext({
    contextSize: 256,
    threads,
    flashAttention: true,
    ignoreMemorySafetyChecks: true,
  });
  try {
    const first = model.tokens.bos ?? model.tokens.eos ?? (0 as Token);
    const steps = context.getSequence().evaluate([first], { temperature: 0, yieldEogToken: true });
    let startedMs = performance.now();
    let count = -WARM_UP_TOKENS;
    for await (const _ of steps) {
      count += 1;
      if (count === 0) startedMs = performance.now();
      if (count >= MOST_TOKENS || (count >= 2 && performance.now() - startedMs >= ENOUGH_MS)) break;
    }
    return (count / (performance.now() - startedMs)) * 1000;
  } finally {
    await context.dispose();
  }
}
