import { getLlama, type LlamaContext, LlamaLogLevel } from "node-llama-cpp";
import { expect, onTestFinished, test } from "vitest";
import { Slot } from "../../../src/engine/llama/slot.ts";
import { demoModelFile } from "../../../src/engine/modelFile.ts";

const NEVER = new AbortController().signal;
const tokens = (count: number, id = 300): number[] => Array.from({ length: count }, (_, at) => id + (at % 50));

async function open(): Promise<LlamaContext> {
  const llama = await getLlama({ build: "never", gpu: false, maxThreads: 0, logLevel: LlamaLogLevel.disabled });
  onTestFinished(() => llama.dispose());
  const model = await llama.loadModel({ modelPath: demoModelFile() });
  return await model.createContext({ contextSize: 1024, threads: 1, flashAttention: true });
}

async function take(slot: Slot, ids: readonly number[], signal = NEVER): Promise<void> {
  const steps = slot.candidates(ids, signal);
  await steps.next();
  await steps.return();
}

test("whole slices of a held prompt are not worked through again, and nothing else is kept", async () => {
  const sequence = (await open()).getSequence();
  const slot = new Slot(sequence);
  const ids = tokens(400);
  expect(slot.reusable(ids)).toBe(0);
  await take(slot, ids);
  // The library counts the token whose logits it reads as output.
  expect(sequence.tokenMeter.usedInputTokens).toBe(399);
  expect(slot.reusable(ids)).toBe(384);
  expect(slot.reusable([...ids, 7, 8])).toBe(384);
  expect(slot.reusable([...ids.slice(0, 300), 7, 8])).toBe(256);
  expect(slot.reusable(ids.slice(0, 256))).toBe(128);
  expect(slot.reusable(tokens(400, 200))).toBe(0);

  await take(slot, [...ids.slice(0, 300), 7, 8]);
  expect(sequence.tokenMeter.usedInputTokens).toBe(399 + 301 - 256);
  expect(sequence.contextTokens).toEqual([...ids.slice(0, 300), 7, 8]);
  expect(slot.reusable(ids)).toBe(256);
});

test("what was generated is worked through again when it comes back in a prompt, as others would", async () => {
  const slot = new Slot((await open()).getSequence());
  const ids = tokens(100);
  const steps = slot.candidates(ids, NEVER);
  await steps.next();
  for (const id of tokens(60, 500)) await steps.next(id);
  await steps.return();
  const longer = [...ids, ...tokens(60, 500), ...tokens(60, 600)];
  expect(slot.reusable(longer)).toBe(0);
  await take(slot, longer);
  expect(slot.reusable(longer)).toBe(128);
});

test("an abort during a long prompt ends after the slice at hand, and the slot serves the next", async () => {
  const sequence = (await open()).getSequence();
  const slot = new Slot(sequence);
  const abort = new AbortController();
  const first = slot.candidates(tokens(1000), abort.signal).next();
  setImmediate(() => abort.abort());
  await expect(first).rejects.toMatchObject({ name: "AbortError" });
  expect(sequence.tokenMeter.usedInputTokens).toBeLessThanOrEqual(256);
  await take(slot, tokens(200, 100));
  expect(sequence.contextTokens).toEqual(tokens(200, 100));
});

test("a failure of the library is told as ours", async () => {
  const context = await open();
  const slot = new Slot(context.getSequence());
  const steps = slot.candidates(tokens(20), NEVER);
  await steps.next();
  await context.dispose();
  await expect(steps.next(300)).rejects.toMatchObject({ code: "task-failed", message: "The model stopped computing." });
});
