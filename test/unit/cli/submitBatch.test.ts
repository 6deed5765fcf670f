import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import type { TaskRequest } from "../../../src/router/task.ts";
import { openCommandLine, runLine } from "../../support/commandLine.ts";
import { homeWithRouter } from "../../support/homeWithRouter.ts";

/** A home with a router, and a batch of these lines. */
async function batchOf(lines: readonly unknown[]) {
  const home = await homeWithRouter();
  const [input, output] = [join(home.home, "in.jsonl"), join(home.home, "out.jsonl")];
  const write = (next: readonly unknown[]): void =>
    writeFileSync(input, next.map((line) => `${line instanceof Raw ? line.text : JSON.stringify(line)}\n`).join(""));
  write(lines);
  const argv = ["submit", "--batch", input, "-o", output];
  const answers = (): Record<string, unknown>[] =>
    readFileSync(output, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...home, input, output, part: `${output}.part`, argv, write, answers };
}

class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function promptOf({ input }: TaskRequest): string {
  return input.kind === "messages" ? (input.messages.at(-1)?.content ?? "") : input.text;
}

const openAi = (id: string, content: string) => ({
  custom_id: id,
  method: "POST",
  url: "/v1/chat/completions",
  body: { messages: [{ role: "user", content }], max_tokens: 9 },
});

describe("a batch", () => {
  test("takes every form of a line and answers each in its own, in the order of the lines", async () => {
    const { argv, home, answers, part, router } = await batchOf([
      openAi("a", "one"),
      { prompt: "two", seed: 3 },
      new Raw(""),
      "three",
      { messages: [{ role: "user", content: "four" }] },
    ]);
    const { exitCode, stdout } = await runLine([...argv, "--system", "Be short.", "--temperature", "0"], { home });
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining("4 of 4 lines")]);
    expect(answers()).toEqual([
      {
        id: "batch_req_1",
        custom_id: "a",
        error: null,
        response: {
          status_code: 200,
          request_id: expect.any(String),
          body: expect.objectContaining({ object: "chat.completion", cortensor: expect.anything() }),
        },
      },
      ...[2, 4, 5].map((line) => ({
        line,
        text: "A dog is a pet.",
        finish_reason: "stop",
        model: "tiny",
        usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
        miner: router.miner.address,
        cost_cor: "0.0000084",
        receipt: expect.stringMatching(/\w/),
      })),
    ]);
    expect(existsSync(part)).toBe(false);
    const two = router.requests.find((request) => promptOf(request) === "two");
    expect(two).toMatchObject({
      clientSeed: 3n,
      params: { temperature: 0 },
      input: { messages: [{ role: "system", content: "Be short." }, { role: "user" }] },
    });
  });

  test("uses every slot that is free, and no more", async () => {
    const { argv, home, router } = await batchOf(Array.from({ length: 9 }, (_, at) => `prompt ${at}`));
    const gate = Promise.withResolvers<void>();
    router.script = { words: ["a"], gate: () => gate.promise };
    const line = openCommandLine(argv, { home });
    await vi.waitFor(() => expect(router.runs).toHaveLength(4), { interval: 5, timeout: 5000 });
    gate.resolve();
    expect((await line.ended).exitCode).toBe(0);
    expect(router.runs).toHaveLength(9);
  });

  test("--parallel says how many instead", async () => {
    const { argv, home, router } = await batchOf(["a", "b", "c"]);
    let [now, most] = [0, 0];
    router.script = {
      words: ["a"],
      async gate() {
        most = Math.max(most, (now += 1));
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
      },
    };
    await runLine([...argv, "--parallel", "1"], { home });
    expect([most, router.runs.length]).toEqual([1, 3]);
  });

  test("with --json sums up on stdout and says nothing else", async () => {
    const { argv, home, input, output, router } = await batchOf(["a", "b"]);
    const { stdout, stderr } = await runLine([...argv, "--json"], { home });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      schema: "cortensor.batch/1",
      input,
      output,
      lines: 2,
      answered: 2,
      failed: 0,
      resumed: 0,
      usage: { prompt_tokens: 14, completion_tokens: 6, total_tokens: 20 },
      cost_cor: "0.0000168",
      miners: { [router.miner.address]: 2 },
      errors: [],
      duration_ms: expect.any(Number),
    });
  });

  test("shows a bar on stderr while it runs", async () => {
    const { argv, home } = await batchOf(["a", "b"]);
    const { stderr } = await runLine(argv, { home });
    expect(stderr).toMatch(/✓ batch +2 lines/);
  });

  test("with --dry-run says what it may cost and sends nothing", async () => {
    const { argv, home, router, output } = await batchOf(["a", new Raw("{"), "b"]);
    const { exitCode, stdout } = await runLine([...argv, "--dry-run", "--json"], { home });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ lines: 3, wrong: [{ line: 2 }], cost_max_cor: expect.any(String) });
    expect([router.requests, existsSync(output)]).toEqual([[], false]);
  });
});

describe("a line that fails", () => {
  test("is named with its number and written as an error; the others are answered", async () => {
    const { argv, home, answers } = await batchOf([
      "good",
      new Raw("no json"),
      { nothing: true },
      { custom_id: "x", url: "/v1/nowhere", body: {} },
      { prompt: "too hot", temperature: 9 },
      openAi("y", ""),
    ]);
    const { exitCode, stdout, stderr } = await runLine(argv, { home });
    expect([exitCode, stdout]).toEqual([5, expect.stringContaining("1 of 6 lines, 5 failed")]);
    expect(stderr).toContain("! line 2: bad-request: this line is no request: it is not JSON");
    expect(answers()).toEqual([
      expect.objectContaining({ line: 1, text: "A dog is a pet." }),
      { line: 2, error: { code: "bad-request", message: expect.any(String) } },
      { line: 3, error: { code: "bad-request", message: expect.stringContaining("none of prompt") } },
      {
        id: "batch_req_4",
        custom_id: "x",
        response: null,
        error: { code: "bad-request", message: expect.stringContaining("url") },
      },
      { line: 5, error: { code: "bad-request", message: expect.stringContaining("temperature") } },
      {
        id: "batch_req_6",
        custom_id: "y",
        response: {
          status_code: 400,
          request_id: expect.any(String),
          body: { error: { code: "prompt-missing", message: expect.any(String), param: null } },
        },
        error: null,
      },
    ]);
  });

  test("because its task broke is asked three times", async () => {
    const { argv, home, router, answers } = await batchOf(["a"]);
    router.script = { words: ["a"], fail: { at: 0, error: new CortensorError("task-failed", "it broke") } };
    expect((await runLine(argv, { home })).exitCode).toBe(5);
    expect(router.runs).toHaveLength(3);
    expect(answers()).toMatchObject([{ error: { code: "task-failed" } }]);
  });

  test("because every slot is taken waits as the router says and is answered", async () => {
    const { argv, home, router, answers } = await batchOf(["a"]);
    const busy = new CortensorError("rate-limited", "every slot is taken", { data: { retryAfterS: 1 } });
    router.script = {
      ...router.script,
      async gate(index) {
        if (index === 0 && router.runs.length === 1) throw await Promise.resolve(busy);
      },
    };
    const begun = Date.now();
    expect((await runLine(argv, { home })).exitCode).toBe(0);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1000);
    expect([router.runs.length, answers()]).toEqual([2, [expect.objectContaining({ text: "A dog is a pet." })]]);
  });
});

describe("a batch that was stopped", () => {
  test("goes on with the lines that are missing, under the same keys", async () => {
    const { argv, home, router, part, answers } = await batchOf(["a", "b", "c"]);
    const low = new CortensorError("deposit-low", "the deposit does not cover this answer");
    router.script = {
      ...router.script,
      async gate(index) {
        if (index === 0 && router.runs.length === 2) throw await Promise.resolve(low);
      },
    };
    const first = await runLine([...argv, "--parallel", "1"], { home });
    expect([first.exitCode, first.stdout]).toEqual([6, ""]);
    expect(first.stderr).toContain("1 of 3 lines are finished; the same command goes on from them");
    expect(readFileSync(part, "utf8").trimEnd().split("\n")).toHaveLength(2);
    const second = await runLine([...argv, "--parallel", "1", "--json"], { home });
    expect(JSON.parse(second.stdout)).toMatchObject({ answered: 3, resumed: 1 });
    expect(router.requests.map(promptOf)).toEqual(["a", "b", "b", "c"]);
    expect(router.requests[1]?.requestId).toBe(router.requests[2]?.requestId);
    expect(answers().map(({ line }) => line)).toEqual([1, 2, 3]);
  });

  test("in the middle of writing a line asks that line again", async () => {
    const { argv, home, router, part, answers } = await batchOf(["a", "b"]);
    const finished = async (): Promise<string> => {
      router.script = { ...router.script, fail: { at: 0, error: new CortensorError("deposit-low", "no more") } };
      await runLine(argv, { home });
      return readFileSync(part, "utf8");
    };
    const head = await finished();
    writeFileSync(part, `${head}{"line":1,"failed":nu`);
    router.script = { words: ["fine"] };
    expect((await runLine(argv, { home })).exitCode).toBe(0);
    expect(answers()).toMatchObject([
      { line: 1, text: "fine" },
      { line: 2, text: "fine" },
    ]);
  });

  test("is not mixed with another file or other options", async () => {
    const { argv, home, router, part, write } = await batchOf(["a", "b"]);
    router.script = { words: ["a"], fail: { at: 0, error: new CortensorError("deposit-low", "no more") } };
    await runLine(argv, { home });
    const options = await runLine([...argv, "--seed", "7"], { home });
    expect([options.exitCode, options.stderr]).toEqual([
      2,
      expect.stringContaining(`${part} belongs to other options`),
    ]);
    write(["a", "c"]);
    const other = await runLine(argv, { home });
    expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining("error[batch-changed]")]);
    expect(other.stderr).toContain(`try   mv ${part} ${part}.old`);
  });

  test("and still runs is not run twice at once", async () => {
    const { argv, home, router, answers } = await batchOf(["a"]);
    const gate = Promise.withResolvers<void>();
    router.script = { words: ["a"], gate: () => gate.promise };
    const first = openCommandLine(argv, { home });
    await vi.waitFor(() => expect(router.runs).toHaveLength(1), { interval: 5, timeout: 5000 });
    expect(await runLine(argv, { home })).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("error[home-in-use]"),
    });
    gate.resolve();
    expect((await first.ended).exitCode).toBe(0);
    expect(answers()).toHaveLength(1);
  });

  test("by Ctrl-C leaves what runs to the router, which ends it", async () => {
    const { argv, home, router } = await batchOf(["a"]);
    const gate = Promise.withResolvers<void>();
    router.script = { words: ["a ", "dog"], gate: (at) => (at === 1 ? gate.promise : Promise.resolve()) };
    const controller = new AbortController();
    const line = openCommandLine(argv, { home, signal: controller.signal });
    await vi.waitFor(() => expect(router.runs[0]?.events).toBe(1), { interval: 5, timeout: 5000 });
    controller.abort(new DOMException("stopped", "AbortError"));
    expect((await line.ended).exitCode).toBe(130);
    gate.resolve();
    await vi.waitFor(() => expect(router.runs[0]).toEqual({ events: 2, aborted: false, ended: "finished" }));
  });
});

test.each([
  [["--batch", "in.jsonl"], "--batch needs --output"],
  [["Hi", "--batch", "in.jsonl", "-o", "out"], "a prompt does not go with --batch"],
  [["Hi", "-o", "out"], "--output belongs to --batch"],
  [["Hi", "--parallel", "3"], "--parallel belongs to --batch"],
  [["--batch", "package.json", "-o", "/nowhere/out"], "there is no folder /nowhere for the answers"],
  [["--batch", "/nowhere/in.jsonl", "-o", "/nowhere/out"], "the batch file /nowhere/in.jsonl cannot be read"],
])("submit %j is refused", async (argv, message) => {
  const { home } = await homeWithRouter();
  const { exitCode, stderr } = await runLine(["submit", ...argv], { home });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
});
