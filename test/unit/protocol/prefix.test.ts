import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PREFIX_BLOCK_BYTES, PrefixIndex, prefixOf } from "../../../src/protocol/prefix.ts";
import type { TaskInput } from "../../../src/protocol/records.ts";

const text = (value: string): TaskInput => ({ kind: "text", text: value });
const chat = (...contents: string[]): TaskInput => ({
  kind: "messages",
  messages: contents.map((content, n) => ({ role: n % 2 === 0 ? "user" : "assistant", content })),
});

describe("the prefix index", () => {
  it("knows the whole blocks that two inputs begin with, and nothing after the first difference", () => {
    const letters = fc.string({ minLength: 1, maxLength: 800, unit: "binary" });
    fc.assert(
      fc.property(letters, letters, letters, (same, one, other) => {
        const index = new PrefixIndex(4096);
        index.remember(prefixOf(text(same + one)));
        const [known, asked] = [Buffer.from(same + one), Buffer.from(same + other)];
        let common = 0;
        while (common < Math.min(known.length, asked.length) && known[common] === asked[common]) common += 1;
        const blocks = Math.floor(common / PREFIX_BLOCK_BYTES);
        expect(index.match(prefixOf(text(same + other)))).toBeCloseTo((blocks * PREFIX_BLOCK_BYTES) / asked.length, 9);
      }),
    );
  });

  it("takes a conversation's next turn for a continuation of all its messages", () => {
    const index = new PrefixIndex(4096);
    const turns = ["a", "b", "c"].map((letter) => letter.repeat(1000));
    index.remember(prefixOf(chat(...turns)));
    expect(index.match(prefixOf(chat(...turns, "d".repeat(10), "e".repeat(10))))).toBeGreaterThan(0.9);
    expect(index.match(prefixOf(chat("x".repeat(1000), ...turns.slice(1))))).toBe(0);
  });

  it("does not take another role or name for the same message", () => {
    const content = "a".repeat(1000);
    const prefixes = [
      prefixOf({ kind: "messages", messages: [{ role: "user", content }] }),
      prefixOf({ kind: "messages", messages: [{ role: "system", content }] }),
      prefixOf({ kind: "messages", messages: [{ role: "user", content, name: "b" }] }),
    ];
    expect(new Set(prefixes.map(({ chain }) => chain[0])).size).toBe(3);
  });

  it("forgets the ends of the oldest inputs first when it is full", () => {
    const index = new PrefixIndex(4);
    const [old, young] = ["o", "y"].map((letter) => prefixOf(text(letter.repeat(PREFIX_BLOCK_BYTES * 3))));
    if (old === undefined || young === undefined) expect.unreachable();
    index.remember(old);
    index.remember(young);
    expect(index.match(young)).toBe(1);
    expect(index.match(old)).toBeCloseTo(1 / 3, 9);
  });

  it("matches nothing of an empty input", () => {
    expect(new PrefixIndex(4).match(prefixOf(text("")))).toBe(0);
  });
});
