import { describe, expect, onTestFinished, test, vi } from "vitest";
import { canOpenDashboard } from "../../../src/tui/canOpenDashboard.ts";
import type { DashboardOptions } from "../../../src/tui/dashboardOptions.ts";
import { drawsNarrow } from "../../../src/tui/drawsNarrow.ts";
import { openDashboard } from "../../../src/tui/openDashboard.ts";
import { Keyboard, Page } from "../../support/commandLine.ts";
import { snapshotOf } from "../../support/statusFixtures.ts";

const ALTERNATE_ON = "\u001b[?1049h";
const ALTERNATE_OFF = "\u001b[?1049l";
const CURSOR_ON = "\u001b[?25h";
const ASKS_CURSOR = "\u001b[6n";

function terminal() {
  const stdin = new Keyboard(true);
  const stdout = Object.assign(new Page(true), { rows: 24 });
  return { stdin, stdout };
}

/** Opens one and waits until it stands and hears keys. */
async function open(more: Partial<DashboardOptions> = {}) {
  const { stdin, stdout } = terminal();
  const controller = new AbortController();
  const ended = openDashboard({
    read: async () => snapshotOf(),
    intervalMs: 1000,
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    signal: controller.signal,
    ascii: true,
    color: true,
    ...more,
  });
  onTestFinished(() => controller.abort());
  await vi.waitFor(
    () => {
      expect(stdout.text).toContain("All well");
      expect(stdin.listenerCount("readable")).toBeGreaterThan(0);
    },
    { interval: 5, timeout: 10_000 },
  );
  return { stdin, stdout, controller, ended };
}

function expectRestored({ stdin, stdout }: { stdin: Keyboard; stdout: Page }): void {
  const { text } = stdout;
  expect(text.indexOf(ALTERNATE_ON)).toBeGreaterThanOrEqual(0);
  expect(text.lastIndexOf(ALTERNATE_OFF)).toBeGreaterThan(text.lastIndexOf(ALTERNATE_ON));
  expect(text.lastIndexOf(CURSOR_ON)).toBeGreaterThan(text.lastIndexOf("\u001b[?25l"));
  expect(stdin.raw).toBe(false);
}

describe("the dashboard on a terminal", () => {
  test("takes the other screen and gives the terminal back on q", async () => {
    const one = await open();
    expect(one.stdin.raw).toBe(true);
    one.stdin.write("q");
    expect(await one.ended).toBe("quit");
    expectRestored(one);
  });

  test("on Ctrl-C", async () => {
    const one = await open();
    one.stdin.write("\u0003");
    expect(await one.ended).toBe("interrupted");
    expectRestored(one);
  });

  test("and on the signal of the process", async () => {
    const one = await open();
    one.controller.abort();
    expect(await one.ended).toBe("interrupted");
    expectRestored(one);
  });

  test("does not begin when the signal came before", async () => {
    const { stdin, stdout } = terminal();
    const end = await openDashboard({
      read: async () => snapshotOf(),
      intervalMs: 1000,
      stdin: stdin as unknown as NodeJS.ReadStream,
      stdout: stdout as unknown as NodeJS.WriteStream,
      signal: AbortSignal.abort(),
      ascii: true,
      color: true,
    });
    expect([end, stdout.text]).toEqual(["interrupted", ""]);
  });

  test("writes only what changed", async () => {
    const one = await open();
    const before = one.stdout.text.length;
    one.stdin.write("j");
    await vi.waitFor(() => expect(one.stdout.text.slice(before)).toContain(">"), { interval: 5 });
    // Two rows moved their mark; a whole screen would be thousands of characters.
    expect(one.stdout.text.length - before).toBeLessThan(900);
    one.stdin.write("q");
    await one.ended;
  });
});

describe("a screen that can be drawn", () => {
  const tty = { isTTY: true };

  test.each([
    [tty, tty, {}, true],
    [{}, tty, {}, false],
    [tty, {}, {}, false],
    [tty, tty, { TERM: "dumb" }, false],
    [tty, tty, { INK_SCREEN_READER: "true" }, false],
    [tty, tty, { CI: "true", TERM: "xterm" }, true],
  ])("needs a terminal at both ends and a reader who sees: %j %j %j", (...given) => {
    const [stdin, stdout, env, expected] = given;
    expect(canOpenDashboard({ stdin, stdout, env })).toBe(expected);
  });
});

describe("glyphs one column wide", () => {
  async function ask(answer: string | undefined) {
    const { stdin, stdout } = terminal();
    const asked = drawsNarrow({
      stdin: stdin as unknown as NodeJS.ReadStream,
      stdout: stdout as unknown as NodeJS.WriteStream,
    });
    await vi.waitFor(() => expect(stdout.text).toContain(ASKS_CURSOR), { interval: 1 });
    if (answer !== undefined) stdin.write(answer);
    return { narrow: await asked, stdin };
  }

  test("are known by where the cursor stands after one, and taken for granted without an answer", async () => {
    expect((await ask("\u001b[7;2R")).narrow).toBe(true);
    expect((await ask("\u001b[7;3R")).narrow).toBe(false);
    expect((await ask(undefined)).narrow).toBe(true);
  });

  test("keys typed meanwhile are not lost, and the terminal is as before", async () => {
    const { stdin } = await ask("j\u001b[12;2Rq");
    expect(stdin.raw).toBe(false);
    expect(String(stdin.read())).toBe("jq");
  });
});
