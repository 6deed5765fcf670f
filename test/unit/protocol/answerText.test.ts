import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerText } from "../../../src/protocol/answerText.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Tokens of this vocabulary are single bytes, so every character can fall apart. */
const bytes = (text: string): number[] => [...encoder.encode(text)];
const detokenize = (ids: readonly number[]): string => decoder.decode(Uint8Array.from(ids));

function show(text: string, stop: readonly string[] = [], ended = false) {
  return answerText({ ids: bytes(text), detokenize, stop, ended });
}

/** What a stream shows, piece by piece, when each frame brings some more tokens. */
function stream(ids: readonly number[], stop: readonly string[], sizes: readonly number[]) {
  let shown = "";
  let end = 0;
  for (let frame = 0; end < ids.length; frame += 1) {
    end = Math.min(ids.length, end + (sizes[frame % sizes.length] ?? 1));
    const { text, stopped } = answerText({ ids: ids.slice(0, end), detokenize, stop });
    expect(text.startsWith(shown)).toBe(true);
    shown = text;
    if (stopped) break;
  }
  return { shown, end };
}

describe("answerText", () => {
  it("shows all there is without stop strings", () => {
    expect(show("Hello, wörld 😀")).toEqual({ text: "Hello, wörld 😀", stopped: false });
    expect(show("")).toEqual({ text: "", stopped: false });
  });

  it("waits for the rest of a character", () => {
    const ids = bytes("a😀");
    const texts = [1, 2, 3, 4, 5].map((end) => answerText({ ids: ids.slice(0, end), detokenize, stop: [] }).text);
    expect(texts).toEqual(["a", "a", "a", "a", "a😀"]);
  });

  it("cuts at a stop string, which is not shown", () => {
    expect(show("one two three", [" two"])).toEqual({ text: "one", stopped: true });
    expect(show("END", ["END"])).toEqual({ text: "", stopped: true });
  });

  it("holds back what may begin a stop string until it is clear", () => {
    expect(show("one\n", ["\n\nUser:"])).toEqual({ text: "one", stopped: false });
    expect(show("one\n\nUse", ["\n\nUser:"])).toEqual({ text: "one", stopped: false });
    expect(show("one\n\nUsed", ["\n\nUser:"])).toEqual({ text: "one\n\nUsed", stopped: false });
  });

  it("shows what was held back once the answer has ended", () => {
    expect(show("one\n", ["\n\nUser:"], true)).toEqual({ text: "one\n", stopped: false });
    expect(show("one\n\nUser:", ["\n\nUser:"], true)).toEqual({ text: "one", stopped: true });
  });

  it("takes the stop string that was complete first, however much came with its token", () => {
    expect(show("abc", ["abcX", "bc"])).toEqual({ text: "a", stopped: true });
    expect(show("abcX", ["abcX", "bc"])).toEqual({ text: "a", stopped: true });
    expect(show("xabc", ["bc", "abc"])).toEqual({ text: "x", stopped: true });
  });

  it("finds stop strings of characters that fall apart", () => {
    expect(show("yes 😁", ["😁"])).toEqual({ text: "yes ", stopped: true });
    expect(show("yes 😀", ["😁"])).toEqual({ text: "yes 😀", stopped: false });
  });

  it("ignores empty stop strings", () => {
    expect(show("text", [""])).toEqual({ text: "text", stopped: false });
  });
});

describe("answerText, however the tokens come", () => {
  const piece = fc.constantFrom("a", "b", "ab", "aab", "\n", "é", "€", "😀", "😁", "\ufffd", "x");
  const text = fc.array(piece, { maxLength: 30 }).map((parts) => parts.join(""));
  const stops = fc.array(
    fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
    { maxLength: 4 },
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

  it("never takes text back, and the pieces add up to the whole", () => {
    fc.assert(
      fc.property(text, stops, sizes, (whole, stop, frames) => {
        const ids = bytes(whole);
        const { shown, end } = stream(ids, stop, frames);
        expect(shown).toBe(answerText({ ids: ids.slice(0, end), detokenize, stop }).text);
        // Tokens after the one that completed a stop string change nothing.
        const all = answerText({ ids, detokenize, stop });
        expect(all.text).toBe(shown);
        expect(answerText({ ids, detokenize, stop, ended: true }).text.startsWith(shown)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("never shows a stop string, and shows all that comes before the first", () => {
    fc.assert(
      fc.property(text, stops, (whole, stop) => {
        const ended = answerText({ ids: bytes(whole), detokenize, stop, ended: true });
        for (const wanted of stop) expect(ended.text.includes(wanted)).toBe(false);
        expect(whole.startsWith(ended.text)).toBe(true);
        if (!ended.stopped) expect(ended.text).toBe(whole.replace(/\ufffd+$/u, ""));
      }),
      { numRuns: 1000 },
    );
  });

  it("is not confused by bytes that are no text", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 40 }), stops, sizes, (ids, stop, frames) => {
        const { shown } = stream(ids, stop, frames);
        expect(answerText({ ids, detokenize, stop }).text).toBe(shown);
      }),
      { numRuns: 1000 },
    );
  });
});
