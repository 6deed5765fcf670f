import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { createLog, createSilentLog } from "../../../src/observability/log.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "cortensor-log-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function linesOf(file: string): Record<string, unknown>[] {
  const text = readFileSync(file, "utf8").trimEnd();
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("a line has its level, time, bindings, values, error and fixed message", () => {
  const file = join(folder(), "logs", "miner-1.log");
  const log = createLog({ level: "info", file });
  const cause = new Error("socket hang up");
  log
    .child({ part: "p2p" })
    .child({ peer: "0xaa" })
    .warn(
      "line lost",
      { attempt: 2, owedWei: 10n ** 20n },
      new CortensorError("peer-unreachable", "no answer", { data: { port: 1 }, cause }),
    );
  log.debug("not at this level");
  expect(linesOf(file)).toEqual([
    {
      level: "warn",
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      part: "p2p",
      peer: "0xaa",
      attempt: 2,
      owedWei: "100000000000000000000",
      error: {
        name: "CortensorError",
        message: "no answer",
        code: "peer-unreachable",
        data: { port: 1 },
        stack: expect.stringContaining("log.test.ts"),
        cause: { name: "Error", message: "socket hang up", stack: expect.any(String) },
      },
      message: "line lost",
    },
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("secrets and prompts are hidden wherever they are, counts under such names are not", () => {
  const file = join(folder(), "x.log");
  const log = createLog({ level: "debug", file });
  const secret = "hunter2";
  const values = {
    password: secret,
    api_key: secret,
    request: { messages: [{ content: secret }], body: { Prompt: secret, "private-key": secret } },
    list: [{ apiKey: secret }],
    map: new Map([["password", secret]]),
    messages: 3,
  };
  log.info("request", values, Object.assign(new Error("bad"), { privateKey: secret }));
  log
    .child({ privateKey: secret })
    .error("again", {}, new CortensorError("bad-request", "no", { data: { prompt: secret } }));
  const text = readFileSync(file, "utf8");
  expect(text).not.toContain(secret);
  expect(text).toContain('"messages":3');
});

test("anything can be logged: cycles, bytes, long texts, invalid dates, functions", () => {
  const file = join(folder(), "x.log");
  const cycle: Record<string, unknown> = { name: "me" };
  cycle["self"] = cycle;
  createLog({ level: "info", file }).info("odd", {
    cycle,
    bytes: new Uint8Array(5),
    long: "x".repeat(1e6),
    list: Array.from({ length: 1e5 }, (_, i) => i),
    date: new Date(Number.NaN),
    action: () => 1,
    nothing: null,
    gone: undefined,
  });
  const [line] = linesOf(file);
  expect(line).toMatchObject({ bytes: "(5 bytes)", date: "(invalid date)", action: "(function)", nothing: null });
  expect(JSON.stringify(line).length).toBeLessThan(10_000);
});

test("a log file takes at most twice its limit", () => {
  const file = join(folder(), "x.log");
  const log = createLog({ level: "info", file, maxFileBytes: 5000 });
  for (let i = 0; i < 500; i += 1) log.info("tick", { i });
  expect(statSync(file).size + statSync(`${file}.1`).size).toBeLessThan(11_000);
  expect(linesOf(file).at(-1)).toMatchObject({ i: 499 });
});

test("a log goes on in the file that is there", () => {
  const file = join(folder(), "x.log");
  createLog({ level: "info", file }).info("first");
  createLog({ level: "info", file }).info("second");
  expect(linesOf(file).map((line) => line["message"])).toEqual(["first", "second"]);
});

test("a log that cannot be written does not stop its owner, and says later how much was lost", () => {
  const path = join(folder(), "logs");
  const file = join(path, "x.log");
  const log = createLog({ level: "info", file, maxFileBytes: 200 });
  log.info("first", { fill: "x".repeat(300) });
  rmSync(path, { recursive: true });
  writeFileSync(path, "a file where the folder was");
  for (const message of ["second", "third"]) expect(() => log.info(message)).not.toThrow();
  rmSync(path);
  log.info("fourth");
  log.info("fifth");
  expect(linesOf(file).map(({ message, lines }) => [message, lines])).toEqual([
    ["log lines were lost", 2],
    ["fourth", undefined],
    ["fifth", undefined],
  ]);
});

test("without a place to write, and at the level silent, nothing is written", () => {
  const file = join(folder(), "x.log");
  createSilentLog().child({ a: 1 }).error("no");
  createLog({ level: "debug" }).error("no");
  createLog({ level: "silent", file }).error("no");
  expect(() => statSync(`${file}.1`)).toThrow();
  expect(linesOf(file)).toEqual([]);
});
