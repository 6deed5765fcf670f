import { describe, expect, it } from "vitest";
import { defineCommand } from "../../../src/cli/command.ts";
import { parseInput } from "../../../src/cli/parseInput.ts";

const ask = defineCommand({
  arguments: [
    { name: "prompt", describe: "what to ask", required: true },
    { name: "more", describe: "other prompts", repeat: true },
  ],
  sections: [
    {
      title: "Answer",
      flags: {
        maxTokens: { type: "integer", default: 100, min: 1, short: "m", describe: "longest answer" },
        stop: { type: "string", default: undefined, repeat: true, describe: "ends the answer" },
        stream: { type: "boolean", default: true, describe: "answer at once" },
        save: { type: "boolean", default: false, short: "s", describe: "keep it" },
      },
    },
  ],
  examples: ["cortensor ask hello", "cortensor ask hello --max-tokens 5"],
  run: () => Promise.resolve(),
});
const parse = (...argv: string[]) => parseInput(["ask"], ask, argv);

describe("a command line", () => {
  it("gives arguments and only the options that stand on it", () => {
    expect(parse("hi")).toEqual({ args: { prompt: "hi", more: [] }, flags: {} });
    expect(parse("hi", "-m", "5", "you", "--stop", "a", "there", "--stop=b", "--no-stream", "-s")).toEqual({
      args: { prompt: "hi", more: ["you", "there"] },
      flags: { maxTokens: "5", stop: ["a", "b"], stream: false, save: true },
    });
  });

  it("takes the global options anywhere, and both directions of a switch", () => {
    expect(parse("--json", "hi", "--no-save", "-qy", "--stream").flags).toEqual({
      json: true,
      save: false,
      quiet: true,
      yes: true,
      stream: true,
    });
  });

  it("takes words as they are behind --, and a lone - and negative numbers before it", () => {
    expect(parse("--", "--json", "-x").args).toEqual({ prompt: "--json", more: ["-x"] });
    expect(parse("-", "-5").args).toEqual({ prompt: "-", more: ["-5"] });
    expect(parse("hi", "--max-tokens", "-5").flags).toEqual({ maxTokens: "-5" });
  });

  it.each([
    [["hi", "--max-token", "5"], "unknown-option", "cortensor ask has no option --max-token", "--max-tokens"],
    [["hi", "--jsno"], "unknown-option", "cortensor ask has no option --jsno", "--json"],
    [["hi", "--stpo=x"], "unknown-option", "cortensor ask has no option --stpo", "--stop"],
    [["hi", "-z"], "unknown-option", "cortensor ask has no option -z", undefined],
  ] as const)("with a slip is refused: %j", (argv, code, message, near) => {
    expect(() => parse(...argv)).toThrow(
      expect.objectContaining({
        code,
        message,
        details: expect.objectContaining({ data: expect.objectContaining({ nearest: near }) }),
      }),
    );
  });

  it("is refused without a needed argument, with an example that works", () => {
    expect(() => parse("--save")).toThrow(
      expect.objectContaining({
        code: "argument-missing",
        details: expect.objectContaining({ try: "cortensor ask hello" }),
      }),
    );
  });

  it("is refused when an option has no value", () => {
    expect(() => parse("hi", "--max-tokens")).toThrow(
      expect.objectContaining({ code: "option-value", message: "--max-tokens needs a value" }),
    );
  });

  it("is refused with more words than the command takes", () => {
    const one = defineCommand({
      arguments: [{ name: "key", describe: "a key" }],
      examples: ["a", "b"],
      run: () => Promise.resolve(),
    });
    expect(() => parseInput(["one"], one, ["a", "b c"])).toThrow(
      expect.objectContaining({
        code: "argument-extra",
        message: 'cortensor one takes one argument, and "b c" is one more',
      }),
    );
  });
});
