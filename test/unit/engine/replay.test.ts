import { expect, test } from "vitest";
import { positionsAtOnce } from "../../../src/engine/llama/replay.ts";

test("a replay keeps the numbers of a call under 64 MB, whatever the vocabulary", () => {
  for (const vocabularySize of [4096, 32_000, 151_936, 262_144, 1_000_000]) {
    const positions = positionsAtOnce(vocabularySize);
    expect(positions * vocabularySize * 4).toBeLessThanOrEqual(64e6);
    expect(positions).toBeGreaterThanOrEqual(16);
  }
});

test("a replay asks for fewer positions than are computed in another order", () => {
  expect(positionsAtOnce(4096)).toBeLessThan(64);
});
