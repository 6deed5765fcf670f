import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import type { TaskRequest } from "../../../src/router/task.ts";
import { openCommandLine, runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";
import { homeWithRouter, writeUp } from "../../support/homeWithRouter.ts";
import { API_KEY } from "../../support/httpServer.ts";
import { MODEL } from "../../support/fakeRouter.ts";

function messagesOf(request: TaskRequest | undefined): unknown {
  return request?.input.kind === "messages" ? request.input.messages : undefined;
}

describe("an answer", () => {
  test("is all of stdout; the line about it goes to stderr", async () => {
    const { home, router } = await homeWithRouter();
    const { exitCode, stdout, stderr } = await runLine(["submit", "What is a dog?"], { home });
    expect([exitCode, stdout]).toEqual([0, "A dog is a pet.\n"]);
    expect(stderr).toMatch(/^miner-1 · 3 tokens · 12 ms first · 20 tok\/s · < 0\.00001 COR · receipt r_[0-9a-f]{4}\n$/);
    expect(messagesOf(router.requests[0])).toEqual([{ role: "user", content: "What is a dog?" }]);
  });

  test("comes word by word", async () => {
    const { home, router } = await homeWithRouter();
    const second = Promise.withResolvers<void>();
    router.script = { words: ["A ", "dog\n"], gate: (at) => (at === 1 ? second.promise : Promise.resolve()) };
    const line = openCommandLine(["submit", "Hi"], { home });
    await vi.waitFor(() => expect(line.stdout.text).toBe("A "), { interval: 5, timeout: 5000 });
    second.resolve();
    expect((await line.ended).stdout).toBe("A dog\n");
  });

  test("with --no-stream is printed whole", async () => {
    const { home, router } = await homeWithRouter();
    const second = Promise.withResolvers<void>();
    router.script = { words: ["A ", "dog"], gate: (at) => (at === 1 ? second.promise : Promise.resolve()) };
    const line = openCommandLine(["submit", "Hi", "--no-stream"], { home });
    await vi.waitFor(() => expect(router.runs[0]?.events).toBe(1), { interval: 5, timeout: 5000 });
    expect(line.stdout.text).toBe("");
    second.resolve();
    expect((await line.ended).stdout).toBe("A dog\n");
  });

  test("whose receipt has another text is printed, and exit 7 says so", async () => {
    const { home, router } = await homeWithRouter();
    router.script = { words: ["A dog."], forged: true };
    const { exitCode, stdout, stderr } = await runLine(["submit", "Hi"], { home });
    expect([exitCode, stdout]).toEqual([7, "A dog.\n"]);
    expect(stderr).toContain("error[receipt-invalid]: the receipt of this answer does not hold");
    expect(stderr).toContain("the receipt has another text than the answer");
  });

  test("with --json is one record and nothing else", async () => {
    const { home, router } = await homeWithRouter();
    const { stdout, stderr } = await runLine(["submit", "What is a dog?", "--json"], { home });
    const miner = router.miner.address;
    expect([stderr, stdout.split("\n").length]).toEqual(["", 2]);
    expect(JSON.parse(stdout)).toEqual({
      schema: "cortensor.submit/1",
      id: expect.stringMatching(/^chatcmpl-/),
      model: "tiny",
      text: "A dog is a pet.",
      finish_reason: "stop",
      usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
      attempts: [{ miner, reason: "stop", tokens: 3, ttft_ms: 12 }],
      miners: [miner],
      timing: { ttft_ms: 12, duration_ms: 112, tokens_per_second: 20 },
      cost_cor: "0.0000084",
      private: false,
      receipt: expect.objectContaining({ schema: "cortensor.receipt/1", text: "A dog is a pet." }),
    });
  });

  test("cannot steer the terminal, while a pipe gets every byte", async () => {
    const { home, router } = await homeWithRouter();
    router.script = { words: ["a\u001b[2J\u0007b", "\u009bc\n"] };
    const shown = await runLine(["submit", "Hi", "--no-color"], { home, terminal: true });
    expect(shown.stdout).toBe("a[2Jbc\n");
    expect((await runLine(["submit", "Hi"], { home })).stdout).toBe("a\u001b[2J\u0007b\u009bc\n");
  });

  test("of an unknown miner names its address; with --quiet there is no line", async () => {
    const { home, router } = await homeWithRouter();
    const named = join(home, "nodes", "miner-1", "node.json");
    writeFileSync(named, "{");
    const { address } = router.miner;
    const { stderr } = await runLine(["submit", "Hi", "--ascii"], { home });
    expect(stderr).toContain(`${address.slice(0, 6)}~${address.slice(-4)} | 3 tokens | `);
    expect((await runLine(["submit", "Hi", "-q"], { home })).stderr).toBe("");
  });
});

describe("a receipt", () => {
  test("is kept in the home and written where it is asked for", async () => {
    const { home } = await homeWithRouter();
    const file = join(home, "mine.json");
    const { stderr } = await runLine(["submit", "Hi", "--receipt", file], { home });
    const [kept = ""] = readdirSync(join(home, "receipts"));
    expect(kept).toMatch(/^r_[0-9a-f]{8}\.json$/);
    expect(stderr).toContain(`receipt ${kept.slice(0, 6)}\n`);
    const receipt: unknown = JSON.parse(readFileSync(file, "utf8"));
    expect(JSON.parse(readFileSync(join(home, "receipts", kept), "utf8"))).toEqual(receipt);
  });

  test("that cannot be kept costs nobody the answer", async () => {
    const { home } = await homeWithRouter();
    writeFileSync(join(home, "receipts"), "a file where the folder should be");
    const { exitCode, stdout, stderr } = await runLine(["submit", "Hi"], { home });
    expect([exitCode, stdout]).toEqual([0, "A dog is a pet.\n"]);
    expect(stderr).toContain("! the receipt is not kept: ");
  });
});

describe("a prompt", () => {
  test.each([
    [["submit"], "What is a dog?\n", "What is a dog?"],
    [["submit", "-"], "two\r\nlines\r\n", "two\r\nlines"],
    [["submit", "the argument"], "the pipe", "the argument"],
  ])("of %j with %j piped in", async (argv, input, prompt) => {
    const { home, router } = await homeWithRouter();
    expect((await runLine(argv, { home, input })).exitCode).toBe(0);
    expect(messagesOf(router.requests[0])).toEqual([{ role: "user", content: prompt }]);
  });

  test("from a file, with instructions before it", async () => {
    const { home, router } = await homeWithRouter();
    const file = join(home, "prompt.txt");
    writeFileSync(file, "\ufeffWas ist ein Hund? 🐕\n");
    await runLine(["submit", "--file", file, "--system", "Answer in English."], { home });
    expect(messagesOf(router.requests[0])).toEqual([
      { role: "system", content: "Answer in English." },
      { role: "user", content: "Was ist ein Hund? 🐕" },
    ]);
  });

  test.each([
    [["submit"], ""],
    [["submit", "-"], " \n"],
    [["submit", ""], "piped"],
    [["submit", "--file", "/nowhere/prompt.txt"], ""],
  ])("that is not there: %j", async (argv, input) => {
    const { exitCode, stdout, stderr } = await runLine(argv, { home: testFolder(), input });
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("error[prompt-missing]: ");
    expect(stderr).toMatch(/try +cortensor submit /);
  });

  test("that is not there, on a terminal, is not waited for", async () => {
    const { exitCode, stderr } = await runLine(["submit"], { home: testFolder(), terminal: true });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("there is no prompt")]);
  });

  test("that is no text, or given twice", async () => {
    const home = testFolder();
    const file = join(home, "prompt.bin");
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00]));
    const binary = await runLine(["submit", "--file", file], { home });
    expect([binary.exitCode, binary.stderr]).toEqual([2, expect.stringContaining(`${file} is no text`)]);
    const twice = await runLine(["submit", "Hi", "--file", file], { home });
    expect([twice.exitCode, twice.stderr]).toEqual([2, expect.stringContaining("given twice")]);
  });
});

describe("options", () => {
  test("reach the router as they were given", async () => {
    const { home, router } = await homeWithRouter();
    const options = "--model tiny --max-tokens 9 --temperature 0.5 --top-p 0.25 --seed 7 --stop x --stop y".split(" ");
    await runLine(["submit", "Hi", ...options], { home });
    expect(router.requests[0]).toMatchObject({
      model: "tiny",
      clientSeed: 7n,
      params: { maxTokens: 9, temperature: 0.5, topP: 0.25, stop: ["x", "y"] },
    });
  });

  test.each([
    [["--temperature", "hot"], "--temperature takes a number from 0 to 2, not hot"],
    [["--temperature", "2.1"], "--temperature takes a number from 0 to 2, not 2.1"],
    [["--max-tokens", "0"], "--max-tokens takes a whole number from 1"],
    [["--timeout", "0"], "--timeout takes a whole number from 1"],
    [["--stop", ""], "--stop takes up to 4 texts"],
    [["--stop", "a", "--stop", "b", "--stop", "c", "--stop", "d", "--stop", "e"], "--stop takes up to 4 texts"],
    [["--router", "localhost"], "--router takes an http or https address, not localhost"],
    [["--api-key-file", "/nowhere/key"], "the key file /nowhere/key cannot be read"],
  ])("%j are refused before anything is asked", async (options, message) => {
    const { home, router } = await homeWithRouter();
    const { exitCode, stderr } = await runLine(["submit", "Hi", ...options], { home });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`error[option-value]: ${message}`)]);
    expect(router.requests).toEqual([]);
  });
});

describe("the router", () => {
  test("named by --router gets the key that goes with it, and never the one of this home", async () => {
    const stranger = await homeWithRouter();
    const { home } = await homeWithRouter();
    const url = stranger.url;
    const without = await runLine(["submit", "Hi", "--router", url], { home });
    expect([without.exitCode, without.stderr]).toEqual([6, expect.stringContaining("error[unauthorised]: ")]);
    const env = { CORTENSOR_API_KEY: API_KEY };
    expect((await runLine(["submit", "Hi", "--router", `${url}/`], { home, env })).exitCode).toBe(0);
    const file = join(home, "key");
    writeFileSync(file, `${API_KEY}\n`);
    const fromFile = ["submit", "Hi", "--router", `${url}/v1/`, "--api-key-file", file];
    expect((await runLine(fromFile, { home, env: { CORTENSOR_API_KEY: "wrong" } })).exitCode).toBe(0);
  });

  test("named by --router gets no key of this home even where it would be taken", async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end("{}");
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { home } = await homeWithRouter();
    const { port } = server.address() as { port: number };
    await runLine(["submit", "Hi", "--router", `http://127.0.0.1:${port}`], { home });
    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toContain(API_KEY);
  });

  test("named by --router is the one of this home: its key goes along", async () => {
    const { home, url } = await homeWithRouter();
    expect((await runLine(["submit", "Hi", "--router", url], { home })).exitCode).toBe(0);
  });

  test("elsewhere: that a miner reads the prompt is said once", async () => {
    const { home, url } = await homeWithRouter();
    writeUp(home, { network: "harbor", router_url: `${url}/v1`, api_key: API_KEY });
    const said = "The miner that answers can read the prompt.";
    expect((await runLine(["submit", "Hi"], { home })).stderr).toContain(said);
    expect((await runLine(["submit", "Hi"], { home })).stderr).not.toContain(said);
  });

  test("that does not run", async () => {
    const nothing = await runLine(["submit", "Hi", "--json"], { home: testFolder() });
    expect([nothing.exitCode, nothing.stdout]).toEqual([4, ""]);
    expect(JSON.parse(nothing.stderr)).toMatchObject({ error: { code: "not-running" }, exit_code: 4 });
    const { home, http } = await homeWithRouter();
    await http.stop();
    const gone = await runLine(["submit", "Hi"], { home });
    expect([gone.exitCode, gone.stdout]).toEqual([4, ""]);
    expect(gone.stderr).toContain("error[router-unreachable]: no router answers at 127.0.0.1:");
  });

  test("whose file is damaged is named", async () => {
    const home = testFolder();
    mkdirSync(join(home, "run"));
    writeUp(home, { router_url: "javascript:alert(1)", api_key: "k" });
    const { exitCode, stderr } = await runLine(["submit", "Hi"], { home });
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("error[home-damaged]: ")]);
    expect(stderr).toContain("router_url");
  });

  test.each([
    ["context-length", 2],
    ["no-capacity", 5],
    ["timeout", 5],
    ["deposit-low", 6],
  ] as const)("answers %s: exit %i, its words, nothing on stdout", async (code, exit) => {
    const { home, router } = await homeWithRouter();
    const error = new CortensorError(code, "what happened", { why: [["seen", "why"]], try: "cortensor status" });
    router.script = { words: ["a"], fail: { at: 0, error } };
    const { exitCode, stdout, stderr } = await runLine(["submit", "Hi"], { home });
    expect([exitCode, stdout]).toEqual([exit, ""]);
    expect(stderr.split("\n").slice(0, 3)).toEqual([
      `error[${code}]: what happened`,
      "       seen   why",
      "       try    cortensor status",
    ]);
  });

  test("breaking off in an answer: what came stays, and the error has a line of its own", async () => {
    const { home, router } = await homeWithRouter();
    const error = new CortensorError("task-failed", "the answer broke off after 1 token");
    router.script = { words: ["A dog "], fail: { at: 1, error } };
    const { exitCode, stdout } = await runLine(["submit", "Hi"], { home, terminal: true });
    expect([exitCode, stdout]).toEqual([5, "A dog \n"]);
  });
});

describe("an end before the answer", () => {
  test("by Ctrl-C: exit 130, quiet, and the router is told", async () => {
    const { home, router } = await homeWithRouter();
    router.script = {
      words: ["A ", "dog"],
      gate: (at, signal) => (at === 0 ? Promise.resolve() : once(signal, "abort")),
    };
    const controller = new AbortController();
    const line = openCommandLine(["submit", "Hi"], { home, terminal: true, signal: controller.signal });
    await vi.waitFor(() => expect(line.stdout.text).toBe("A "), { interval: 5, timeout: 5000 });
    controller.abort(new DOMException("stopped", "AbortError"));
    expect(await line.ended).toEqual({ exitCode: 130, stdout: "A \n", stderr: "" });
    await vi.waitFor(() => expect(router.runs[0]?.aborted).toBe(true), { interval: 5, timeout: 5000 });
  });

  test("by Ctrl-C while a pipe is read", async () => {
    const controller = new AbortController();
    const line = openCommandLine(["submit", "-"], {
      home: testFolder(),
      terminal: true,
      signal: controller.signal,
    });
    await vi.waitFor(() => expect(line.stdin.listenerCount("close")).toBeGreaterThan(0), {
      interval: 5,
      timeout: 5000,
    });
    controller.abort(new DOMException("stopped", "AbortError"));
    expect(await line.ended).toEqual({ exitCode: 130, stdout: "", stderr: "" });
  });

  test("by --timeout: exit 5, with a longer one to try", async () => {
    const { home, router } = await homeWithRouter();
    router.script = { words: ["A"], gate: (_at, signal) => once(signal, "abort") };
    const { exitCode, stdout, stderr } = await runLine(["submit", "Hi", "--timeout", "1"], { home });
    expect([exitCode, stdout]).toEqual([5, ""]);
    expect(stderr).toContain("error[timeout]: no whole answer within 1 s");
    expect(stderr).toMatch(/try +cortensor submit Hi --timeout 1 --timeout 3\n/);
  });
});

describe("--dry-run", () => {
  test("shows what it may cost and who could serve, and sends nothing", async () => {
    const { home, router, url } = await homeWithRouter();
    const { exitCode, stdout, stderr } = await runLine(["submit", "What is a dog?", "--dry-run"], { home });
    expect(exitCode).toBe(0);
    // 14 bytes, "user", and 32 for each of the message and the frame: 82 x 0.3 + 512 x 2.1 COR per million.
    expect(stdout.split("\n")).toEqual([
      "model          tiny, context 1,024 tokens",
      "prompt         at most 82 tokens",
      "answer         at most 512 tokens",
      "price          0.3 COR per million tokens in, 2.1 out",
      "highest cost   0.0010998 COR",
      "could serve    2 miners",
      `router         ${url}/v1`,
      "",
    ]);
    expect(stderr).toBe("Nothing was sent.\n");
    expect(router.requests).toEqual([]);
  });

  test("with --json", async () => {
    const { home, url } = await homeWithRouter();
    const { stdout } = await runLine(["submit", "Hi", "--dry-run", "--json", "--max-tokens", "10"], { home });
    expect(JSON.parse(stdout)).toEqual({
      schema: "cortensor.quote/1",
      router: `${url}/v1`,
      model: "tiny",
      context_tokens: 1024,
      prompt_tokens_max: 70,
      output_tokens_max: 10,
      prompt_cor_per_million: "0.3",
      output_cor_per_million: "2.1",
      cost_max_cor: "0.000042",
      miners: 2,
    });
  });

  test("refuses what the router would refuse", async () => {
    const { home, router } = await homeWithRouter();
    const dry = (...argv: string[]) => runLine(["submit", "Hi", "--dry-run", ...argv], { home });
    const unserved = await dry("--model", "gpt-4o");
    expect([unserved.exitCode, unserved.stderr]).toEqual([5, expect.stringContaining("nobody serves gpt-4o here")]);
    expect(unserved.stderr).toContain("served   tiny");
    router.served = [MODEL, { ...MODEL, name: "other", modelId: `0x${"5b".repeat(32)}` }];
    const which = await dry();
    expect([which.exitCode, which.stderr]).toEqual([2, expect.stringContaining("served   tiny, other")]);
    expect((await dry("--model", "other")).exitCode).toBe(0);
    router.served = [];
    expect(await dry()).toMatchObject({ exitCode: 5, stderr: expect.stringContaining("error[no-capacity]: ") });
  });
});
