import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Conversation } from "../../../src/cli/chat/conversation.ts";
import { typedOf } from "../../../src/cli/chat/slash.ts";
import { runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";

describe("a typed line", () => {
  test.each([
    ["  ", { kind: "nothing" }],
    [" What is a dog? ", { kind: "question", text: "What is a dog?" }],
    ["/model tiny", { kind: "command", word: "/model", rest: "tiny" }],
    ["/system Be  brief.", { kind: "command", word: "/system", rest: "Be  brief." }],
    ["/quit", { kind: "command", word: "/quit", rest: "" }],
    ["/rety", { kind: "unknown", word: "/rety", nearest: "/retry" }],
    ["//etc is a folder", { kind: "question", text: "/etc is a folder" }],
  ])("%j is %o", (line, expected) => {
    expect(typedOf(line)).toEqual(expected);
  });

  test("is one of four kinds, whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        expect(typedOf(line).kind).toMatch(/nothing|question|command|unknown/);
      }),
    );
  });
});

describe("a conversation", () => {
  test("is told whole, instructions first, and a question can be taken back with its answer", () => {
    const talk = new Conversation("Be brief.");
    talk.ask("a?");
    talk.answer("A.");
    talk.ask("b?");
    talk.answer("B.");
    expect(talk.messages.map(({ role, content }) => `${role} ${content}`)).toEqual([
      "system Be brief.",
      "user a?",
      "assistant A.",
      "user b?",
      "assistant B.",
    ]);
    expect(talk.takeBack()).toBe("b?");
    expect(talk.turns).toBe(1);
    expect(talk.markdown()).toBe("## Instructions\n\nBe brief.\n\n## Question\n\na?\n\n## Answer\n\nA.\n");
  });

  test("forgets its oldest turns and never the last question", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 8 }), (answered) => {
        const talk = new Conversation(undefined);
        for (const [at, has] of answered.entries()) {
          talk.ask(`q${at}`);
          if (has) talk.answer(`a${at}`);
        }
        while (talk.forgetOldest());
        expect(talk.turns).toBe(Math.min(1, answered.length));
        if (answered.length > 0) expect(talk.messages[0]?.content).toBe(`q${answered.length - 1}`);
      }),
    );
  });
});

test("a chat without a terminal says what to use instead, exit 2", async () => {
  const { exitCode, stderr } = await runLine(["chat"], { home: testFolder() });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("cortensor submit")]);
});
