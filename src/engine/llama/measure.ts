import type { LlamaModel, Token } from "node-llama-cpp";

const MOST_TOKENS = 64;
const ENOUGH_MS = 150;
/** A first token that takes as long as so many tokens of the best count needs no second look. */
const HOPELESS = 20;

/**
 * Tokens a second of one answer with so many threads: the first token is a warm-up, then up to 64 tokens or 150 ms. When
 * `best` is known and the first token is hopeless, its own rate.
 */
export async function measureThreads(model: LlamaModel, options: { threads: number; best: number }): Promise<number> {
  const { threads, best } = options;
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
    await steps.next();
    const warmUpMs = performance.now() - startedMs;
    if (best > 0 && warmUpMs > ENOUGH_MS && warmUpMs > (HOPELESS * 1000) / best) return 1000 / warmUpMs;
    startedMs = performance.now();
    let count = 0;
    for await (const _ of steps) {
      count += 1;
      if (count >= MOST_TOKENS || performance.now() - startedMs >= ENOUGH_MS) break;
    }
    return (count / (performance.now() - startedMs)) * 1000;
  } finally {
    await context.dispose();
  }
}
