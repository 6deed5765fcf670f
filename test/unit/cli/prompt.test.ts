import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askLine } from "../../../src/cli/output/prompt.ts";
import { Keyboard } from "../../support/commandLine.ts";

function ask({
  hidden = false,
  signal = new AbortController().signal,
}: {
  hidden?: boolean;
  signal?: AbortSignal;
} = {}) {
  const input = new Keyboard(true);
  let shown = "";
  const line = askLine({ question: "Name: ", hidden }, { input, write: (text) => void (shown += text), signal });
  return { input, line, shown: () => shown };
}

describe("a line asked for", () => {
  it("is what was typed, shown as it is typed", async () => {
    const { input, line, shown } = ask();
    expect(input.raw).toBe(true);
    input.write("ab\u007fc\r");
    expect(await line).toBe("ac");
    expect(shown()).toBe("Name: ab\b \bc\n");
    expect([input.raw, input.listenerCount("data"), input.isPaused()]).toEqual([false, 0, true]);
  });

  it("never shows a character when it is hidden, however it arrives", async () => {
    const typed = fc.string({ unit: "grapheme" }).map((text) => text.replace(/\p{Cc}/gu, ""));
    await fc.assert(
      fc.asyncProperty(typed, fc.integer({ min: 1, max: 3 }), async (password, size) => {
        const { input, line, shown } = ask({ hidden: true });
        const bytes = Buffer.from(`${password}\r`);
        for (let at = 0; at < bytes.length; at += size) input.write(bytes.subarray(at, at + size));
        expect(await line).toBe(password);
        expect(shown()).toBe("Name: \n");
      }),
    );
  });

  it("forgets everything at Ctrl-U, and keys that are no text", async () => {
    const { input, line } = ask({ hidden: true });
    input.write("wrong\u0015ri\u001b[Ag\u001bOPht\u0007\n");
    expect(await line).toBe("right");
  });

  it.each([
    ["Ctrl-C", "abc\u0003"],
    ["Ctrl-D on an empty line", "\u0004"],
  ])("ends at %s, with the terminal as it was", async (_, keys) => {
    const { input, line } = ask();
    input.write(keys);
    await expect(line).rejects.toMatchObject({ code: "interrupted", exitCode: 130 });
    expect(input.raw).toBe(false);
  });

  it("ends when a signal aborts, before or while it waits", async () => {
    const controller = new AbortController();
    const { input, line } = ask({ signal: controller.signal });
    await once(input, "resume");
    controller.abort();
    await expect(line).rejects.toMatchObject({ name: "AbortError" });
    expect(input.raw).toBe(false);
    const late = ask({ signal: controller.signal });
    await expect(late.line).rejects.toMatchObject({ name: "AbortError" });
    expect(late.input.raw).toBe(false);
  });
});
