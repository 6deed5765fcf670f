import { expect, test } from "vitest";
import { checkMemory } from "../../../src/engine/llama/memory.ts";

const need = { name: "big-q4", modelBytes: 9e9, slots: 8, contextTokens: 4096 };

test("a model that fits is loaded", () => {
  expect(() => checkMemory(need, 3e9, 12e9)).not.toThrow();
});

test("a model that does not fit is refused with what it needs and what there is", () => {
  expect(() => checkMemory(need, 3e9, 7.94e9)).toThrowError(
    expect.objectContaining({
      code: "model-memory",
      message: "big-q4 needs about 12.0 GB and 7.9 GB are free.",
      details: expect.objectContaining({
        why: [["needed", "9.0 GB for the model, 3.0 GB for 8 answers of 4096 tokens"]],
      }) as unknown,
    }),
  );
});
