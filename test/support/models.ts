import { fileURLToPath } from "node:url";
import { LlamaEngine } from "../../src/engine/llama/llamaEngine.ts";
import { demoModelFile } from "../../src/engine/modelFile.ts";
import { createSilentLog } from "../../src/observability/log.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/models/${name}.gguf`, import.meta.url));

/** The demonstration model, and what a dishonest miner may use in its place. */
export const MODEL_FILES = {
  reference: demoModelFile(),
  q5_0: fixture("cortensor-tiny-q5_0"),
  q4_0: fixture("cortensor-tiny-q4_0"),
  smaller: fixture("cortensor-mini-q8_0"),
} as const;

export type TestModel = keyof typeof MODEL_FILES;

export interface OpenOptions {
  readonly threads?: number;
  readonly slots?: number;
  readonly flashAttention?: boolean;
}

/** A started engine; whoever opens it stops it. */
export async function openModel(model: TestModel, options: OpenOptions = {}): Promise<LlamaEngine> {
  const engine = new LlamaEngine(
    { modelFile: MODEL_FILES[model], threads: 1, slots: 1, ...options },
    { log: createSilentLog() },
  );
  await engine.start();
  return engine;
}
