import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toAscii } from "../../../src/tui/text/ascii.ts";
import { clean } from "../../../src/tui/text/clean.ts";
import { beside, cut, cutLine, line, lineWidth, muted, spread, textOf } from "../../../src/tui/text/line.ts";
import { amount, count, latency, rate, sentence, span, sparkline, when } from "../../../src/tui/text/values.ts";

describe("values", () => {
  test.each([
    ["0", "0.00"],
    ["2.619", "2.61"],
    ["0.25999", "0.2599"],
    ["0.00002", "< 0.0001"],
    ["1234.5", "1,234.50"],
    ["0.0001", "0.0001"],
  ])("%s COR shows as %s", (exact, shown) => expect(amount(exact)).toBe(shown));

  test.each([
    [0, "0.0"],
    [0.01, "< 0.1"],
    [45.14, "45.1"],
    [999.4, "999.4"],
    [1031.4, "1,031"],
  ])("%d tokens a second show as %s", (value, shown) => expect(rate(value)).toBe(shown));

  test.each([
    [0.4, "0 ms"],
    [211.7, "212 ms"],
    [1204, "1,204 ms"],
    [12_345, "12.3 s"],
  ])("%d ms show as %s", (ms, shown) => expect(latency(ms)).toBe(shown));

  test.each([
    [-5, "0 s"],
    [38_400, "38 s"],
    [59_600, "1 min"],
    [3_420_000, "57 min"],
    [3_600_000, "1 h"],
    [18_720_000, "5 h 12 min"],
    [450_000_000, "5 d 5 h"],
  ])("%d ms last %s", (ms, shown) => expect(span(ms)).toBe(shown));

  test("a time of another day has its date", () => {
    const now = new Date(2025, 10, 22, 14, 2).getTime();
    expect(when(new Date(2025, 10, 22, 0, 5).toISOString(), now)).toBe("00:05");
    expect(when(new Date(2025, 10, 9, 23, 41).toISOString(), now)).toBe("9 Nov 23:41");
  });

  test("counts have their thousands apart", () => expect(count(18_204_113)).toBe("18,204,113"));

  test("a sparkline has a bar a point, the most a whole one", () => {
    expect(sparkline([0, 1, 4, 8])).toBe("▁▁▄█".replace("▁▁", "▁▂").replace("▄", "▅"));
    expect(sparkline([0, 0])).toBe("▁▁");
    expect(sparkline([])).toBe("");
  });

  test("a sentence ends once", () => {
    expect(["a", "a.", "a?"].map(sentence)).toEqual(["a.", "a.", "a?"]);
  });
});

describe("rows", () => {
  test("are cut with a sign of it", () => {
    expect(cut("abcdef", 4)).toBe("abc…");
    expect(cut("abcd", 4)).toBe("abcd");
    expect(textOf(cutLine(line("abc", muted("def"), "ghi"), 6))).toBe("abcde…");
    expect(textOf(cutLine(line("abc", muted("def")), 3))).toBe("ab…");
  });

  const parts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", " ") }), { maxLength: 5 });

  test("cut, spread and set beside each other they are never wider than asked for", () => {
    fc.assert(
      fc.property(parts, parts, fc.integer({ min: 1, max: 40 }), (a, b, columns) => {
        expect(lineWidth(cutLine(line(...a), columns))).toBe(Math.min(columns, a.join("").length));
        expect(lineWidth(spread(line(...a), cutLine(line(...b), columns), columns))).toBeLessThanOrEqual(columns);
        const [row] = beside([line(...a)], [line(...b)], columns);
        if (b.join("") !== "") expect(lineWidth(row ?? [])).toBe(columns + b.join("").length);
      }),
    );
  });
});

describe("text from elsewhere", () => {
  test("keeps letters of every script that take one column", () => {
    expect(clean("Ünïcode Ελλ Кир 123 ✓ café")).toBe("Ünïcode Ελλ Кир 123 ✓ café");
    expect(clean("a\n\tb  c")).toBe("a b c");
  });

  test("has no control character, no mark and nothing wide, and in ASCII as many columns", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        const shown = clean(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Mn}\p{Cs}]/u);
        expect(Array.from(shown)).toHaveLength(shown.length);
        expect(toAscii(shown)).toHaveLength(shown.length);
        expect(toAscii(shown)).toMatch(/^[ -~]*$/);
      }),
    );
  });
});
