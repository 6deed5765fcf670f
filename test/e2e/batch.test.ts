import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import OpenAI, { toFile } from "openai";
import { expect, test } from "vitest";
import { parseCor } from "../../src/util/money.ts";
import { freePort } from "../support/freePort.ts";
import { type Program, program } from "../support/program.ts";

const LINES = 40;

interface Answer {
  readonly line: number;
  readonly text: string;
  readonly cost_cor: string;
  readonly receipt: string;
}

/** Runs a batch and kills it, without a word, when so many lines are finished. */
async function killedAt(lines: number, { home }: Program, { argv, part }: { argv: string[]; part: string }) {
  const child = spawn(process.execPath, ["dist/main.js", ...argv], {
    env: { ...process.env, CORTENSOR_HOME: home },
    stdio: "ignore",
  });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const finished = async (): Promise<number> =>
    existsSync(part) ? (await readFile(part, "utf8")).trimEnd().split("\n").length - 1 : 0;
  while ((await finished()) < lines && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill("SIGKILL");
  await gone;
  expect(child.signalCode).toBe("SIGKILL");
}

test("a batch that is killed twice goes on, and every line is answered once and paid once", async () => {
  const network = await program();
  const { home, run } = network;
  const script = ["--engine", "scripted", "--script", "rate=150,length=60"];
  expect((await run("up", "--port", "0", "--miners", "2", ...script, "--detach")).exitCode).toBe(0);
  const [input, output] = [join(home, "in.jsonl"), join(home, "out.jsonl")];
  const prompts = Array.from({ length: LINES }, (_, at) => JSON.stringify(`Prompt number ${at + 1}`));
  await writeFile(input, `${prompts.join("\n")}\n`);
  const argv = ["submit", "--batch", input, "-o", output, "--max-tokens", "80", "--json"];

  for (const at of [5, 20]) await killedAt(at, network, { argv, part: `${output}.part` });
  expect(existsSync(output)).toBe(false);
  const last = await run(...argv);
  expect(last).toMatchObject({ exitCode: 0, stderr: "" });
  const summary = JSON.parse(last.stdout) as { resumed: number; cost_cor: string; miners: object };
  expect(summary).toMatchObject({ lines: LINES, answered: LINES, failed: 0 });
  expect(summary.resumed).toBeGreaterThanOrEqual(20);
  expect(Object.keys(summary.miners)).toHaveLength(2);
  expect(existsSync(`${output}.part`)).toBe(false);

  const text = await readFile(output, "utf8");
  const answers = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
  expect(answers.map(({ line }) => line)).toEqual(Array.from({ length: LINES }, (_, at) => at + 1));
  expect(new Set(answers.map(({ receipt }) => receipt)).size).toBe(LINES);
  const costs = answers.reduce((sum, { cost_cor: cost }) => sum + (parseCor(cost) ?? 0n), 0n);
  expect(parseCor(summary.cost_cor)).toBe(costs);
  expect(await paid(network)).toBe(costs);

  // The same file once more: the router has every answer, and nobody pays again.
  expect((await run(...argv)).exitCode).toBe(0);
  expect(await readFile(output, "utf8")).toBe(text);
  expect(await paid(network)).toBe(costs);
});

test("a batch of the official client outlives its router, which is killed twice", async () => {
  const network = await program();
  const { home, run } = network;
  const port = String(await freePort());
  const script = ["--engine", "scripted", "--script", "rate=30,length=50"];
  expect((await run("up", "--port", port, "--miners", "2", ...script, "--detach")).exitCode).toBe(0);
  const up = JSON.parse(await readFile(join(home, "run", "up.json"), "utf8")) as {
    router_url: string;
    api_key: string;
  };
  const ai = new OpenAI({ baseURL: up.router_url, apiKey: up.api_key, maxRetries: 0 });
  const lines = Array.from({ length: LINES }, (_, at) => ({
    custom_id: `id-${at}`,
    method: "POST",
    url: "/v1/chat/completions",
    body: { messages: [{ role: "user", content: `Prompt ${at}` }], max_tokens: 60 },
  }));
  const content = Buffer.from(lines.map((line) => JSON.stringify(line)).join("\n"));
  const file = await ai.files.create({ file: await toFile(content, "in.jsonl"), purpose: "batch" });
  const { id } = await ai.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  const seen = async () => await ai.batches.retrieve(id).catch(() => undefined);
  const completed = async (): Promise<number> => (await seen())?.request_counts?.completed ?? 0;
  for (const at of [8, 20]) {
    const { processes } = JSON.parse((await run("status", "--json")).stdout) as {
      readonly processes: readonly { readonly role: string; readonly pid: number }[];
    };
    const router = processes.find(({ role }) => role === "router");
    await expect.poll(completed, { interval: 5, timeout: 30_000 }).toBeGreaterThanOrEqual(at);
    expect(await completed()).toBeLessThan(LINES);
    process.kill(router?.pid ?? 0, "SIGKILL");
    await expect.poll(seen, { interval: 20, timeout: 30_000 }).toBe(undefined);
    await expect.poll(seen, { interval: 20, timeout: 30_000 }).toBeDefined();
  }
  await expect.poll(async () => (await seen())?.status, { interval: 50, timeout: 60_000 }).toBe("completed");
  const batch = await ai.batches.retrieve(id);
  expect(batch.request_counts).toEqual({ total: LINES, completed: LINES, failed: 0 });
  const text = await (await ai.files.content(batch.output_file_id ?? "")).text();
  const costs = [...text.matchAll(/"cost_cor":"([\d.]+)"/g)].map(([, cost]) => parseCor(cost ?? "") ?? 0n);
  expect(costs).toHaveLength(LINES);
  expect(await paid(network)).toBe(costs.reduce((sum, cost) => sum + cost, 0n));
});

/** What the clients' session has paid so far, by its voucher. */
async function paid({ run }: Program): Promise<bigint> {
  const sessions = JSON.parse((await run("session", "list", "--json")).stdout) as {
    readonly nodes: readonly { readonly name: string; readonly role: string; readonly voucher_cor: string }[];
  }[];
  const earned = sessions.flatMap(({ nodes }) => nodes.filter((node) => node.role === "earns"));
  const router = earned.filter(({ name }) => name.startsWith("router"));
  return router.reduce((sum, node) => sum + (parseCor(node.voucher_cor) ?? 0n), 0n);
}

test("four miners finish a batch at least three times as fast as one", { timeout: 240_000 }, async () => {
  const secondsWith = async (miners: number): Promise<number> => {
    const { home, run } = await program();
    const script = ["--engine", "scripted", "--script", "rate=150,length=10,first=10", "--slots", "1"];
    expect((await run("up", "--port", "0", "--miners", String(miners), ...script, "--detach")).exitCode).toBe(0);
    const [input, output] = [join(home, "in.jsonl"), join(home, "out.jsonl")];
    await writeFile(input, Array.from({ length: 200 }, (_, at) => JSON.stringify(`Prompt ${at}`)).join("\n"));
    const begun = performance.now();
    expect((await run("submit", "--batch", input, "-o", output, "--json")).exitCode).toBe(0);
    const seconds = (performance.now() - begun) / 1000;
    expect((await readFile(output, "utf8")).trimEnd().split("\n")).toHaveLength(200);
    await run("down");
    return seconds;
  };
  const one = await secondsWith(1);
  const four = await secondsWith(4);
  expect(one / four).toBeGreaterThanOrEqual(3);
});
