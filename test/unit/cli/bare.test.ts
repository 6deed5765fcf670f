import { describe, expect, test, vi } from "vitest";
import { openCommandLine, runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";
import { homeWith } from "../../support/homeWith.ts";
import { busyFacts } from "../../support/statusFixtures.ts";

describe("cortensor alone", () => {
  test("without a terminal is the short help", async () => {
    const { exitCode, stdout } = await runLine([], { home: testFolder() });
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining("Start and stop:")]);
  });

  test("on a terminal with nothing in the home shows four doors, and q leaves", async () => {
    const line = openCommandLine([], { home: testFolder(), terminal: true });
    await vi.waitFor(() => expect(line.stderr.text).toContain("4  Read"), { timeout: 5000 });
    expect(line.stderr.text).toContain("1  Try it");
    expect(line.stdout.text).toBe("");
    line.stdin.write("q");
    expect((await line.ended).exitCode).toBe(0);
    expect(line.stdin.raw).toBe(false);
  });

  test("a door prints the command that it runs, and runs it with the flags of the line", async () => {
    const line = openCommandLine(["--no-color"], { home: testFolder(), terminal: true });
    await vi.waitFor(() => expect(line.stderr.text).toContain("4  Read"), { timeout: 5000 });
    line.stdin.write("4");
    const { exitCode, stdout, stderr } = await line.ended;
    expect(exitCode).toBe(0);
    expect(stderr).toContain("= cortensor --help");
    expect(stdout).toContain("Start and stop:");
  });

  test("on a terminal with nodes that run opens the dashboard", async () => {
    const home = await homeWith(busyFacts());
    const line = openCommandLine(["--ascii"], { home, terminal: true, env: { TERM: "xterm-256color" } });
    Object.assign(line.stdout, { rows: 24 });
    await vi.waitFor(
      () => {
        expect(line.stdout.text).toContain("[1 Health]");
        expect(line.stdin.listenerCount("readable")).toBeGreaterThan(0);
      },
      { interval: 5, timeout: 10_000 },
    );
    line.stdin.write("q");
    expect((await line.ended).exitCode).toBe(0);
  });
});
