import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitText } from "../../../src/cli/mapReduce/splitText.ts";

describe("splitText", () => {
  test("cuts on the ends of sentences and paragraphs", () => {
    const text = 'One is here. Two is "here!" Three?\n\nFour 3.5 is here\nFive.';
    expect(splitText(text, 36)).toEqual(['One is here. Two is "here!" Three?\n\n', "Four 3.5 is here\nFive."]);
    expect(splitText(text, 20)).toEqual([
      "One is here. ",
      'Two is "here!" ',
      "Three?\n\n",
      "Four 3.5 is here\n",
      "Five.",
    ]);
  });

  test("cuts a long sentence between words, and a long word between characters", () => {
    expect(splitText("alpha beta gamma delta. End.", 12)).toEqual(["alpha beta ", "gamma ", "delta. ", "End."]);
    expect(splitText("🐕🐕🐕", 5)).toEqual(["🐕", "🐕", "🐕"]);
  });

  test("loses and adds nothing, and no chunk is larger than allowed", () => {
    const unit = fc.constantFrom("a", "word ", ". ", "! ", "\n", "。", "ü", "🐕", '."', "  ", "3.14", "x".repeat(40));
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.array(unit).map((units) => units.join("")),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 60 }), (text, maxBytes) => {
        const chunks = splitText(text, maxBytes);
        expect(chunks.join("")).toBe(text);
        for (const chunk of chunks) {
          expect(Buffer.byteLength(chunk)).toBeLessThanOrEqual(maxBytes);
          expect(chunk).not.toBe("");
        }
      }),
    );
  });

  test("takes time in proportion to the text", () => {
    const text = "A sentence of some length stands here, and 3.5 more. ".repeat(40_000);
    const begun = performance.now();
    expect(splitText(text, 3000).length).toBeGreaterThan(600);
    expect(performance.now() - begun).toBeLessThan(3000);
  });
});
