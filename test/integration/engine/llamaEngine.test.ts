import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { createEngine } from "../../../src/engine/index.ts";
import type { Library } from "../../../src/engine/llama/library.ts";
import { LlamaEngine, type LlamaEngineDeps, type LlamaEngineOptions } from "../../../src/engine/llama/llamaEngine.ts";
import type { CortensorError } from "../../../src/errors/cortensorError.ts";
import { demoModelFile } from "../../../src/engine/modelFile.ts";
import { createSilentLog, type Log } from "../../../src/observability/log.ts";
import { collect, engineSuite, greedy, notEnding } from "../../support/engineSuite.ts";
import { replaySuite } from "../../support/replaySuite.ts";

const log = createSilentLog();

engineSuite("llama engine", (options) => new LlamaEngine({ ...options, threads: 1 }, { log }));
replaySuite("llama engine", (options) => new LlamaEngine({ ...options, threads: 1 }, { log }), { tolerance: 0.001 });

function make(options: LlamaEngineOptions = {}, deps: Partial<LlamaEngineDeps> = {}): LlamaEngine {
  const engine = new LlamaEngine({ threads: 1, ...options }, { log, ...deps });
  onTestFinished(() => engine.stop());
  return engine;
}

async function home(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cortensor-llama-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe("the demonstration model", () => {
  test("knows what a dog is", async () => {
    const engine = createEngine({ kind: "llama", threads: 1 }, { log });
    onTestFinished(() => engine.stop());
    await engine.start();
    const ids = engine.tokenize("<|im_start|>user\nWhat is a dog?<|im_end|>\n<|im_start|>assistant\n", true);
    const answer = await greedy(engine, { ids, maxTokens: 100 });
    expect(engine.detokenize(answer.map(({ id }) => id))).toMatch(/^A dog is a member of the genus Canis/);
    expect(answer.at(-1)?.end).toBe(true);
    expect(engine.model).toMatchObject({
      name: "cortensor-tiny",
      contextTokens: 1024,
      addBos: false,
      bosText: "<|endoftext|>",
    });
  });

  test("gives the same answer, to the last bit, when it goes on from a prompt that is held already", async () => {
    const used = make({ slots: 1 });
    const fresh = make({ slots: 1 });
    await used.start();
    await fresh.start();
    const ask = (engine: LlamaEngine, ids: readonly number[]) =>
      collect(engine, { ids, maxTokens: 40, choose: (candidates) => notEnding(engine, candidates) });
    const shared = used.tokenize("Define freedom. ".repeat(120), false).slice(0, 420);
    const other = used.tokenize("What does run mean? ".repeat(100), false).slice(0, 300);
    const longer = [...shared.slice(0, 390), ...other.slice(0, 60)];
    for (const ids of [other, shared]) await ask(used, ids);
    const reused = await ask(used, longer);
    expect(reused).toHaveLength(40);
    expect(reused).toEqual(await ask(fresh, longer));
  });
});

describe("a model that cannot be loaded", () => {
  test("is refused with a code, again and again, and a good one loads afterwards", async () => {
    const folder = await home();
    const whole = await readFile(demoModelFile());
    const header = Buffer.from(whole);
    header.fill(0xff, 8, 64);
    const damaged: Record<string, Buffer> = {
      "cut.gguf": whole.subarray(0, whole.length / 2),
      "short.gguf": whole.subarray(0, 100),
      "header.gguf": header,
      "magic.gguf": Buffer.concat([Buffer.from("GGML"), whole.subarray(4)]),
    };
    const why: Record<string, string> = {
      "cut.gguf": `${Math.floor(whole.length / 2).toLocaleString("en-US")} bytes, and its last weights begin at`,
      "short.gguf": "100 bytes, and",
      "header.gguf": "the list of its weights cannot be read",
      "magic.gguf": 'not with "GGUF"',
    };
    for (const [name, data] of Object.entries(damaged)) {
      const modelFile = join(folder, name);
      await writeFile(modelFile, data);
      const engine = make({ modelFile });
      const error = (await engine.start().catch((caught: unknown) => caught)) as CortensorError;
      expect(error.code).toBe("model-damaged");
      expect(error.message).toContain(name);
      expect(error.details.why?.join()).toContain(why[name]);
      expect(() => engine.model).toThrow("not been started");
    }
    await copyFile(demoModelFile(), join(folder, "good.gguf"));
    const good = make({ modelFile: join(folder, "good.gguf") });
    await good.start();
    expect(await greedy(good, { ids: [5], maxTokens: 2 })).toHaveLength(2);
  });

  test("writes nothing to the console: the library's messages go to the log of the engine at hand", async () => {
    const folder = await home();
    const modelFile = join(folder, "cut.gguf");
    const script = join(folder, "script.mjs");
    await writeFile(modelFile, (await readFile(demoModelFile())).subarray(0, 2_000_000));
    const source = new URL("../../../src/engine/llama/llamaEngine.ts", import.meta.url).href;
    await writeFile(
      script,
      `const { LlamaEngine } = await import(${JSON.stringify(source)});
      for (let time = 0; time < 4; time += 1) {
        const said = [];
        const log = { debug: (message, values) => said.push(values.text) };
        const engine = new LlamaEngine({ modelFile: ${JSON.stringify(modelFile)} }, { log });
        const code = await engine.start().catch((error) => error.code);
        await new Promise((resolve) => setImmediate(resolve));
        if (code !== "model-damaged" || !said.join().includes("corrupted or incomplete")) process.exitCode = 1;
      }`,
    );
    expect(await promisify(execFile)(process.execPath, [script])).toEqual({ stdout: "", stderr: "" });
  });

  test("is missing", async () => {
    const engine = make({ modelFile: join(await home(), "none.gguf") });
    await expect(engine.start()).rejects.toMatchObject({ code: "model-missing" });
  });

  test("is larger than the memory", async () => {
    const engine = make({ slots: 2 }, { freeBytes: () => 5_000_000 });
    await expect(engine.start()).rejects.toMatchObject({
      code: "model-memory",
      details: { data: { slots: 2, freeBytes: 5_000_000 } },
    });
  });

  test("without node-llama-cpp, and without a build of it for the machine", async () => {
    const absent = make({}, { library: () => Promise.reject(new Error("Cannot find package 'node-llama-cpp'")) });
    await expect(absent.start()).rejects.toMatchObject({
      code: "engine-missing",
      message: "node-llama-cpp is not installed.",
    });
    const { LlamaLogLevel, NoBinaryFoundError } = await import("node-llama-cpp");
    const getLlama = (() => Promise.reject(new NoBinaryFoundError())) as unknown as Library["getLlama"];
    const unbuilt = make({}, { library: () => Promise.resolve({ LlamaLogLevel, getLlama }) });
    await expect(unbuilt.start()).rejects.toMatchObject({
      code: "engine-missing",
      message: expect.stringContaining("no build") as string,
    });
  });

  test("because the start was given up", async () => {
    const abort = new AbortController();
    const starting = make().start(abort.signal);
    abort.abort();
    await expect(starting).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("the number of threads", () => {
  test("is measured at the first start and remembered for the next", async () => {
    const folder = await home();
    const chosen: unknown[] = [];
    const listening: Log = { ...log, info: (message, values) => message === "threads chosen" && chosen.push(values) };
    for (let start = 0; start < 2; start += 1) {
      const engine = make({ folder, threads: 0 }, { log: listening });
      await engine.start();
      await engine.stop();
    }
    expect(chosen).toMatchObject([{ remembered: false }, { remembered: true }]);
    expect((await readdir(folder)).toSorted()).toEqual([expect.stringMatching(/^0x[0-9a-f]{64}\.json$/), "files.json"]);
  });
});
