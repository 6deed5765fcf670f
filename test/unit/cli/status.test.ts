import { describe, expect, test, vi } from "vitest";
import { openCommandLine, runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";
import { homeWith } from "../../support/homeWith.ts";
import { busyFacts, factsOf } from "../../support/statusFixtures.ts";

describe("cortensor status", () => {
  test("where nothing runs names the four doors, exit 4", async () => {
    const { exitCode, stdout, stderr } = await runLine(["status"], { home: testFolder() });
    expect([exitCode, stdout]).toEqual([4, ""]);
    expect(stderr.split("\n")).toEqual([
      "error[not-running]: nothing runs in this home",
      "       try it   a practice network on this machine   cortensor up",
      "       earn     serve models with this machine       cortensor miner start",
      "       build    an endpoint for your app             cortensor up --detach",
      "       watch    a network without serving in it      cortensor network join URL",
      "       try      cortensor up",
      "",
    ]);
  });

  test("where nothing runs, with --json: one line on stderr, nothing on stdout", async () => {
    const { exitCode, stdout, stderr } = await runLine(["status", "--json"], { home: testFolder() });
    expect([exitCode, stdout]).toEqual([4, ""]);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "not-running", try: "cortensor up" }, exit_code: 4 });
  });

  test("in a pipe is lines", async () => {
    const { exitCode, stdout } = await runLine(["status"], { home: await homeWith(busyFacts()) });
    expect(exitCode).toBe(0);
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "All well. Nothing needs you.",
      "Network: local, practice, epoch 12, 57 min left, block 1,842. 3 of 3 nodes live.",
      expect.stringMatching(/^router-1: serving, cortensor-tiny, 2 of 8 slots/),
    ]);
  });

  test.each([
    [["status", "--plain"], {}],
    [["status"], { INK_SCREEN_READER: "true" }],
    [["status"], { TERM: "dumb" }],
  ])("on a terminal %j with %j is lines too", async (argv, env) => {
    const { stdout } = await runLine(argv, { home: await homeWith([factsOf()]), terminal: true, env });
    expect(stdout).toMatch(/^All well\. Nothing needs you\.\n/);
  });

  test("with --json is the snapshot", async () => {
    const { exitCode, stdout } = await runLine(["status", "--json"], { home: await homeWith(busyFacts()) });
    expect(exitCode).toBe(0);
    const snapshot = JSON.parse(stdout) as Record<string, unknown>;
    expect(snapshot).toMatchObject({
      schema: "cortensor.status/1",
      attention: [],
      network: { name: "local", practice: true, block: 1842, epoch: 12, epoch_ends_in_s: 3420 },
      totals: { nodes: 3, live: 3, tasks_per_minute: 182, verified_share: null },
      processes: [],
    });
    expect((snapshot.nodes as { name: string }[]).map(({ name }) => name)).toEqual(["router-1", "miner-1", "miner-2"]);
  });

  test("of one node speaks of no other; a node that does not run is refused", async () => {
    const home = await homeWith(busyFacts());
    const { stdout } = await runLine(["status", "--json", "--node", "miner-1"], { home });
    expect(JSON.parse(stdout)).toMatchObject({
      nodes: [{ name: "miner-1" }],
      money: { earned_cor: "240.35", gas: null },
      lately: [{ node: "miner-1" }],
    });
    const refused = await runLine(["status", "--node", "miner-9"], { home });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("no node miner-9 runs here");
    expect(refused.stderr).toContain("running   router-1, miner-1, miner-2");
  });

  test("on a terminal is the dashboard, until q", async () => {
    const home = await homeWith(busyFacts());
    const line = openCommandLine(["status", "--ascii"], { home, terminal: true, env: { TERM: "xterm-256color" } });
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
    expect(line.stdin.raw).toBe(false);
  });

  test("with --watch goes on until it is interrupted, which is no error", async () => {
    const controller = new AbortController();
    const line = openCommandLine(["status", "--watch", "--json"], {
      home: await homeWith([factsOf()]),
      signal: controller.signal,
    });
    await vi.waitFor(() => expect(line.stdout.text).toContain("\n"), { interval: 5, timeout: 10_000 });
    controller.abort();
    const { exitCode, stdout } = await line.ended;
    expect(exitCode).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(1);
  });
});

describe("cortensor status --check", () => {
  test("is one line, exit 0 when all is well", async () => {
    const { exitCode, stdout } = await runLine(["status", "--check"], { home: await homeWith(busyFacts()) });
    expect([exitCode, stdout]).toEqual([0, "All well. 3 of 3 nodes live.\n"]);
  });

  test("exit 4 when nothing runs, on stdout as any answer", async () => {
    const { exitCode, stdout, stderr } = await runLine(["status", "--check"], { home: testFolder() });
    expect([exitCode, stdout, stderr]).toEqual([4, "Nothing runs here yet. 0 of 0 nodes live.\n", ""]);
  });

  test("exit 5 when no node serves", async () => {
    const facts = [factsOf({ state: "starting", stateSince: new Date().toISOString() })];
    const { exitCode, stdout } = await runLine(["status", "--check", "--json"], { home: await homeWith(facts) });
    expect(exitCode).toBe(5);
    expect(JSON.parse(stdout)).toEqual({
      schema: "cortensor.check/1",
      text: "Nothing serves. 0 of 1 nodes live.",
      exit_code: 5,
      attention: [],
    });
  });
});
