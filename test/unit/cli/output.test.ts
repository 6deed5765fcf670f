import { describe, expect, it } from "vitest";
import { duration } from "../../../src/cli/output/duration.ts";
import { lookOf } from "../../../src/cli/output/look.ts";
import { again, quoted } from "../../../src/cli/output/shell.ts";
import { fieldLines, tableLines } from "../../../src/cli/output/table.ts";

const flags = { color: true, ascii: false };

describe("how text looks", () => {
  it.each([
    ["a terminal", { isTTY: true }, {}, true],
    ["a pipe", { isTTY: false }, {}, false],
    ["a terminal with NO_COLOR", { isTTY: true }, { NO_COLOR: "1" }, false],
    ["a terminal with an empty NO_COLOR", { isTTY: true }, { NO_COLOR: "" }, true],
    ["a dumb terminal", { isTTY: true }, { TERM: "dumb" }, false],
    ["a pipe with FORCE_COLOR", { isTTY: false }, { FORCE_COLOR: "1" }, true],
    ["a terminal with FORCE_COLOR=0", { isTTY: true }, { FORCE_COLOR: "0" }, false],
  ])("on %s", (_, stream, env, color) => {
    const look = lookOf(stream, { env, flags });
    expect(look.color).toBe(color);
    expect(look.style.ok("x") === "x").toBe(!color);
    expect(lookOf(stream, { env, flags: { ...flags, color: false } }).style.error("x")).toBe("x");
  });

  it.each([
    [{}, false],
    [{ LANG: "en_GB.UTF-8" }, false],
    [{ LANG: "en_GB.utf8", LC_ALL: "" }, false],
    [{ LANG: "C" }, true],
    [{ LANG: "en_GB.UTF-8", LC_ALL: "POSIX" }, true],
    [{ TERM: "linux" }, true],
    [{ CORTENSOR_ASCII: "1" }, true],
    [{ CORTENSOR_ASCII: "0" }, false],
  ])("with %j is ASCII: %s", (env, ascii) => {
    const look = lookOf({ isTTY: true }, { env, flags });
    expect(look.ascii).toBe(ascii);
    for (const glyph of Object.values(look.glyph)) expect(glyph).toMatch(ascii ? /^[ -~]$/ : /^.$/u);
    expect(lookOf({}, { env, flags: { ...flags, ascii: true } }).glyph.ok).toBe("+");
  });

  it("is as wide as the terminal, and 80 where there is none", () => {
    expect(lookOf({ isTTY: true, columns: 133 }, { env: {}, flags }).columns).toBe(133);
    expect(lookOf({}, { env: {}, flags }).columns).toBe(80);
  });
});

describe("a table", () => {
  it("aligns words left and numbers right, whatever their colour", () => {
    const red = "\u001b[31mred\u001b[39m";
    expect(
      tableLines(
        [{ title: "Name" }, { title: "Count", right: true }, { title: "" }],
        [
          [red, "7", ""],
          ["green", "1,000", "▸"],
        ],
      ),
    ).toEqual(["Name   Count", `${red}        7`, "green  1,000  ▸"]);
  });

  it("of labels aligns the values", () => {
    expect(
      fieldLines([
        ["a", "1"],
        ["long", ""],
        ["", "2"],
      ]),
    ).toEqual(["a      1", "long", "       2"]);
    expect(fieldLines([])).toEqual([]);
  });
});

describe("a length of time", () => {
  it.each([
    [0, "0 ms"],
    [99, "99 ms"],
    [100, "0.1 s"],
    [1900, "1.9 s"],
    [9949, "9.9 s"],
    [9960, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 min 00 s"],
    [84_000, "1 min 24 s"],
    [3_600_000, "1 h"],
    [3_900_000, "1 h 5 min"],
    [86_400_000 * 5 + 3_600_000 * 5, "5 d 5 h"],
  ])("of %i ms is %s", (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});

describe("a command to run again", () => {
  it("reads back as the same words in a shell", () => {
    expect(again(["wallet", "new", "my key"], "--yes")).toBe("cortensor wallet new 'my key' --yes");
    expect(again(["submit", "--", "--odd"], "--yes")).toBe("cortensor submit --yes -- --odd");
    expect(quoted("it's")).toBe(`'it'\\''s'`);
    expect(quoted("")).toBe("''");
  });
});
