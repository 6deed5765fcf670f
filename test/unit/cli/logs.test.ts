import { appendFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { logLine } from "../../../src/cli/logs/logLine.ts";
import { LogTail } from "../../../src/cli/logs/logTail.ts";
import { parseSince } from "../../../src/cli/logs/since.ts";
import { lookOf } from "../../../src/cli/output/look.ts";
import { createLog } from "../../../src/observability/log.ts";
import { openCommandLine, runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";

const TASK = `0x9c41${"0".repeat(60)}`;

function fileOf(home: string, node: string): string {
  const folder = join(home, "nodes", node, "log");
  mkdirSync(folder, { recursive: true });
  return join(folder, "node.log");
}

function entry(second: number, fields: Readonly<Record<string, unknown>> = {}): string {
  const at = `2026-11-22T14:00:${String(second).padStart(2, "0")}.000Z`;
  return `${JSON.stringify({ level: "info", at, node: "miner-1", message: `line ${second}`, ...fields })}\n`;
}

/** A home of two nodes whose lines alternate. */
function twoNodes(): string {
  const home = testFolder();
  writeFileSync(fileOf(home, "miner-1"), entry(1) + entry(3, { level: "warn", task: TASK }) + entry(5));
  writeFileSync(
    fileOf(home, "router-1"),
    entry(2, { node: "router-1", level: "debug" }) + entry(4, { node: "router-1", level: "error", task: "0x77" }),
  );
  return home;
}

function messages(stdout: string): string[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { message: string }).message);
}

async function messagesOf(home: string, ...argv: string[]): Promise<string[]> {
  return messages((await runLine(["logs", "--json", ...argv], { home })).stdout);
}

describe("which lines", () => {
  test("all nodes, merged by time, info and above", async () => {
    expect(await messagesOf(twoNodes())).toEqual(["line 1", "line 3", "line 4", "line 5"]);
  });

  test.each([
    [["router-1"], ["line 4"]],
    [
      ["--level", "debug"],
      ["line 1", "line 2", "line 3", "line 4", "line 5"],
    ],
    [
      ["--level", "warn"],
      ["line 3", "line 4"],
    ],
    [["--task", "t_9c41"], ["line 3"]],
    [["--task", TASK], ["line 3"]],
    [["--task", "0x77"], ["line 4"]],
    [
      ["--since", "2026-11-22T14:00:04Z"],
      ["line 4", "line 5"],
    ],
    [
      ["--lines", "2"],
      ["line 4", "line 5"],
    ],
  ])("%j", async (argv, expected) => {
    expect(await messagesOf(twoNodes(), ...argv)).toEqual(expected);
  });

  test("the newest 200, or all since a time", async () => {
    const home = testFolder();
    const now = new Date().toISOString();
    const many = Array.from({ length: 1000 }, (_, at) => entry(1, { at: now, message: String(at) }));
    writeFileSync(fileOf(home, "miner-1"), many.join(""));
    const newest = await messagesOf(home);
    expect([newest.length, newest[0], newest.at(-1)]).toEqual([200, "800", "999"]);
    expect(await messagesOf(home, "--since", "10m")).toHaveLength(1000);
    expect(await messagesOf(home, "--since", "10m", "--lines", "3")).toEqual(["997", "998", "999"]);
  });

  test("those of the file before this one too; what is no line of a log is passed over", async () => {
    const home = testFolder();
    const file = fileOf(home, "miner-1");
    writeFileSync(`${file}.1`, `${entry(1)}not JSON\n[1]\nnull\n{"level":"info","at":"never"}\n{"lev`);
    writeFileSync(file, `\n${entry(2)}${entry(3).trimEnd()}`);
    expect(await messagesOf(home)).toEqual(["line 1", "line 2"]);
  });

  test("as a node writes them", async () => {
    const home = testFolder();
    createLog({ level: "info", file: fileOf(home, "miner-1") })
      .child({ node: "miner-1" })
      .warn("attempt failed", { emitted: 3 }, new Error("stalled"));
    const { stdout } = await runLine(["logs", "--json"], { home });
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "cortensor.log/1",
      level: "warn",
      node: "miner-1",
      message: "attempt failed",
      emitted: 3,
      error: { message: "stalled" },
    });
    expect((await runLine(["logs"], { home })).stdout).toMatch(
      /^\d\d:\d\d:\d\d {2}miner-1 {4}! attempt failed {10}emitted=3 error=stalled\n$/,
    );
  });
});

describe("a line", () => {
  const look = lookOf({}, { env: {}, flags: { color: false, ascii: false } });
  const time = new Date(2026, 10, 22, 13, 58, 2).getTime();
  const shown = (values: Readonly<Record<string, unknown>>, level = "info", now = time): string =>
    logLine({ time, level, node: "miner-1", message: "rpc endpoint slow", values }, { look, columns: 10, now });

  test("has clock, name, mark, message and values in columns", () => {
    expect(shown({ endpoint: "rpc-2", p95Ms: 4100 }, "warn")).toBe(
      "13:58:02  miner-1    ! rpc endpoint slow       endpoint=rpc-2 p95_ms=4100",
    );
    expect(shown({}, "error")).toBe("13:58:02  miner-1    ✗ rpc endpoint slow");
    expect(shown({})).toBe("13:58:02  miner-1      rpc endpoint slow");
  });

  test("of another day has its date", () => {
    expect(shown({}, "info", time + 86_400_000)).toBe("22 Nov 13:58:02  miner-1      rpc endpoint slow");
  });

  test("shortens addresses, quotes what has spaces, and is one line whatever is in it", () => {
    expect(shown({ from: `0x5a3e${"0".repeat(32)}d94b` })).toContain("from=0x5a3e…d94b");
    expect(shown({ why: "two words", list: [1, 2] })).toContain('why="two words" list=[1,2]');
    expect(shown({ why: "a\nb\u001b[2J\u009b" })).toMatch(/why="a\\nb\\u001b\[2J"$/);
    expect(shown({ error: { message: "x\ny", stack: "at z" } })).toMatch(/error="x\\ny"$/);
  });
});

test("secrets are not shown, whoever wrote them", async () => {
  const home = testFolder();
  const key = `ck_${"aB3-".repeat(10)}xyz`;
  const told = { apiKey: "hush", password: "hush", deep: { private_key: "hush" }, url: `http://x/?k=${key}` };
  writeFileSync(fileOf(home, "miner-1"), entry(1, { ...told, message: `key ${key}` }));
  for (const argv of [["logs"], ["logs", "--json"]]) {
    const { stdout } = await runLine(argv, { home });
    expect(stdout).toContain("ck_(hidden)");
    expect(stdout).not.toMatch(/hush|aB3-/);
  }
});

describe("--follow", () => {
  test("goes on with what is written, also by a node that is new, until Ctrl-C, which is no error", async () => {
    const home = twoNodes();
    const controller = new AbortController();
    const line = openCommandLine(["logs", "-f", "--json", "--lines", "1"], { home, signal: controller.signal });
    const until = (expected: readonly string[]) =>
      vi.waitFor(() => expect(messages(line.stdout.text)).toEqual(expected), { interval: 10, timeout: 5000 });
    await until(["line 5"]);
    const file = fileOf(home, "miner-1");
    appendFileSync(file, entry(6).slice(0, 20));
    appendFileSync(file, entry(6).slice(20) + entry(7, { level: "debug" }));
    await until(["line 5", "line 6"]);
    appendFileSync(file, entry(8));
    renameSync(file, `${file}.1`);
    writeFileSync(file, entry(9));
    await until(["line 5", "line 6", "line 8", "line 9"]);
    writeFileSync(fileOf(home, "miner-2"), entry(10));
    await until(["line 5", "line 6", "line 8", "line 9", "line 10"]);
    controller.abort(new DOMException("stopped", "AbortError"));
    expect(await line.ended).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

describe("the end of a file", () => {
  async function next(tail: LogTail): Promise<string[]> {
    const found: string[] = [];
    for await (const line of tail.lines()) found.push(line);
    return found;
  }

  test("is where the next reading begins, across rotation and truncation", async () => {
    const file = join(testFolder(), "node.log");
    const tail = new LogTail(file);
    expect(await next(tail)).toEqual([]);
    writeFileSync(file, "a\nb");
    expect(await next(tail)).toEqual(["a"]);
    expect(await next(tail)).toEqual([]);
    appendFileSync(file, "c\n");
    expect(await next(tail)).toEqual(["bc"]);
    appendFileSync(file, "d\n");
    renameSync(file, `${file}.1`);
    expect(await next(tail)).toEqual([]);
    writeFileSync(file, "e\n");
    expect(await next(tail)).toEqual(["d", "e"]);
    truncateSync(file, 0);
    expect(await next(tail)).toEqual([]);
    appendFileSync(file, "h\n");
    expect(await next(tail)).toEqual(["h"]);
  });

  test("cuts no character, however long the lines are", async () => {
    const file = join(testFolder(), "node.log");
    const lines = Array.from({ length: 9 }, (_, at) => "🐕".repeat(30_000 + at));
    writeFileSync(file, `${lines.join("\n")}\n`);
    expect(await next(new LogTail(file))).toEqual(lines);
  });
});

test.each([
  ["90s", 90_000],
  ["10m", 600_000],
  ["10 min", 600_000],
  ["1.5h", 5_400_000],
  ["1d", 86_400_000],
])("--since %s", (text, ago) => {
  expect(parseSince(text, 1e12)).toBe(1e12 - ago);
});

test.each(["", "10", "yesterday", "-5m", "5w", "2026", "2026-13-45"])("--since %j is refused", async (text) => {
  const { exitCode, stderr } = await runLine(["logs", "--since", text], { home: twoNodes() });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("error[option-value]: --since takes a time")]);
});

test("of a node that is not here, and of a home without any", async () => {
  const strange = await runLine(["logs", "miner-9"], { home: twoNodes() });
  expect([strange.exitCode, strange.stderr]).toEqual([2, expect.stringContaining("known   miner-1, router-1")]);
  expect((await runLine(["logs", "../x"], { home: twoNodes() })).exitCode).toBe(2);
  const empty = await runLine(["logs"], { home: testFolder() });
  expect([empty.exitCode, empty.stderr]).toEqual([4, expect.stringContaining("error[not-running]: ")]);
});
