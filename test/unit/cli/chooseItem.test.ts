import { describe, expect, it } from "vitest";
import { chooseItem } from "../../../src/cli/output/chooseItem.ts";
import { lookOf } from "../../../src/cli/output/look.ts";
import { Keyboard } from "../../support/commandLine.ts";

function menu(signal: AbortSignal = new AbortController().signal) {
  const input = new Keyboard(true);
  let shown = "";
  const look = lookOf({ isTTY: true }, { env: {}, flags: { color: false, ascii: true } });
  const chosen = chooseItem({ items: ["a", "b", "c"], look }, { input, write: (text) => void (shown += text), signal });
  return { input, chosen, shown: () => shown };
}

describe("a menu", () => {
  it.each([
    ["Enter", ["\r"], 0],
    ["a number", ["2"], 1],
    ["down, down, Enter", ["\u001b[B", "\u001b[B", "\r"], 2],
    ["up from the first one", ["\u001b[A", "\r"], 2],
    ["a number that is none, then Enter", ["7", "\r"], 0],
    ["q", ["q"], undefined],
  ])("takes %s", async (_, keys, expected) => {
    const { input, chosen } = menu();
    for (const key of keys) input.write(key);
    expect(await chosen).toBe(expected);
    expect([input.raw, input.listenerCount("data"), input.isPaused()]).toEqual([false, 0, true]);
  });

  it("marks one line, and moves the mark in place", async () => {
    const { input, chosen, shown } = menu();
    expect(shown()).toContain("> 1  a\n");
    input.write("j");
    await new Promise((resolve) => setImmediate(resolve));
    expect(shown().endsWith("\u001b[2K   1  a\n\r\u001b[2K > 2  b\n\r\u001b[2K   3  c\n")).toBe(true);
    input.write("q");
    await chosen;
  });

  it("is left by Ctrl-C and by the signal", async () => {
    const { input, chosen } = menu();
    input.write("\u0003");
    await expect(chosen).rejects.toMatchObject({ code: "interrupted" });
    const stop = new AbortController();
    const other = menu(stop.signal);
    stop.abort(new Error("stopped"));
    await expect(other.chosen).rejects.toThrow("stopped");
    expect(other.input.raw).toBe(false);
  });
});
