import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import OpenAI from "openai";
import { expect, test } from "vitest";
import type { NodeFacts, ProcessStatus } from "../../src/observability/snapshot.ts";
import { callControl } from "../../src/node/control.ts";
import { homeOf } from "../../src/node/home.ts";
import { program } from "../support/program.ts";

interface Up {
  readonly router_url: string;
  readonly api_key: string;
}

test("one command brings up a network, answers with the model, and leaves nothing behind", async () => {
  const { run } = await program();
  const asked = await run("up", "--port", "0", "--ask", "What is a dog?", "--once");
  expect(asked.exitCode).toBe(0);
  expect(asked.stdout).toContain("dog");
  expect(asked.stderr).toContain("receipt r_");
  const status = await run("status", "--json");
  expect(status.exitCode).toBe(4);
  expect(status.stdout).toBe("");
});

test("answers, receipts and the official client agree, and a changed receipt is refused", async () => {
  const { home, run } = await program();
  expect((await run("up", "--port", "0", "--miners", "3", "--detach")).exitCode).toBe(0);

  const first = await run("submit", "What is a cat?", "--seed", "7", "--temperature", "1", "--json");
  const again = await run("submit", "What is a cat?", "--seed", "7", "--temperature", "1", "--json");
  const answer = JSON.parse(first.stdout) as {
    text: string;
    usage: object;
    miners: string[];
    cost_cor: string;
    receipt: { id: string; text: string };
  };
  expect(answer).toMatchObject({
    usage: { prompt_tokens: expect.any(Number) },
    miners: [expect.stringMatching(/^0x/)],
    cost_cor: expect.stringMatching(/^0\./),
  });
  expect((JSON.parse(again.stdout) as { text: string }).text).toBe(answer.text);

  const up = JSON.parse(await readFile(join(home, "run", "up.json"), "utf8")) as Up;
  const ai = new OpenAI({ baseURL: up.router_url, apiKey: up.api_key, maxRetries: 0 });
  const request = {
    model: "cortensor-tiny",
    messages: [{ role: "user" as const, content: "What is a cat?" }],
    seed: 7,
    temperature: 1,
  };
  const whole = await ai.chat.completions.create(request);
  expect(whole.choices[0]?.message.content).toBe(answer.text);
  let streamed = "";
  for await (const chunk of await ai.chat.completions.create({ ...request, stream: true }))
    streamed += chunk.choices[0]?.delta.content ?? "";
  expect(streamed).toBe(answer.text);

  expect((await run("verify", answer.receipt.id)).exitCode).toBe(0);
  const changed = join(home, "changed.json");
  await writeFile(changed, JSON.stringify({ ...answer.receipt, text: `${answer.receipt.text} ` }));
  expect((await run("verify", changed)).exitCode).toBe(7);
});

test("books balance after kills of router and miner, and redeeming pays exactly what the receipts say", async () => {
  const { home, run } = await program();
  const script = ["--engine", "scripted", "--script", "rate=800,length=120"];
  expect((await run("up", "--port", "0", "--miners", "2", "--detach", ...script)).exitCode).toBe(0);
  const up = JSON.parse(await readFile(join(home, "run", "up.json"), "utf8")) as Up;
  const paths = homeOf({}, home);
  const factsOf = async (name: string): Promise<NodeFacts> =>
    (await callControl(paths.node(name).socket, "GET /facts")) as NodeFacts;
  const processes = async (): Promise<readonly ProcessStatus[]> =>
    ((await callControl(paths.node("fleet").socket, "GET /facts")) as { processes: ProcessStatus[] }).processes;
  const ask = async (): Promise<boolean> => {
    const body = JSON.stringify({ messages: [{ role: "user", content: "Tell me." }], max_tokens: 150 });
    const headers = { authorization: `Bearer ${up.api_key}`, "content-type": "application/json" };
    const reply = await fetch(`${up.router_url}/chat/completions`, { method: "POST", headers, body }).catch(
      () => undefined,
    );
    await reply?.text().catch(() => "");
    return reply?.ok === true;
  };
  /** Everything is back when each process serves and both miners have a line. */
  const healed = async (): Promise<void> => {
    for (;;) {
      const facts = await factsOf("router-1").catch(() => undefined);
      const serving = (await processes()).every(({ state }) => state === "serving");
      if (serving && facts?.peers.filter(({ connected }) => connected).length === 2) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  let answered = 0;
  for (const victim of ["miner-1", "router-1", "miner-2", "router-1"]) {
    const running = Array.from({ length: 25 }, ask);
    await Promise.race(running);
    const pid = (await processes()).find(({ name }) => name === victim)?.pid ?? 0;
    process.kill(pid, "SIGKILL");
    answered += (await Promise.all(running)).filter(Boolean).length;
    await healed();
  }
  const calm = await Promise.all(Array.from({ length: 20 }, ask));
  expect(calm.every(Boolean)).toBe(true);
  expect(answered).toBeGreaterThan(0);

  for (const name of ["router-1", "miner-1", "miner-2"])
    await callControl(paths.node(name).socket, "POST /redeem", 10_000);
  const router = (await factsOf("router-1")).money;
  const miners = await Promise.all(["miner-1", "miner-2"].map(async (name) => (await factsOf(name)).money));
  const sum = (values: readonly string[]): bigint => values.reduce((total, value) => total + BigInt(value), 0n);
  expect(router.vouchersWei).toBe(router.receiptedWei);
  expect(sum(miners.map(({ vouchersWei }) => vouchersWei))).toBe(BigInt(router.receiptedWei));
  expect(router.redeemedWei).toBe(router.vouchersWei);
  expect(sum(miners.map(({ redeemedWei }) => redeemedWei))).toBe(BigInt(router.receiptedWei));
});

test("a network that was stopped goes on with the same keys and chain", async () => {
  const { run } = await program();
  const flags = ["--port", "0", "--miners", "1", "--detach", "--engine", "scripted", "--json"];
  const nodesOf = (text: string): string[] =>
    (JSON.parse(text) as { nodes: { address: string }[] }).nodes.map(({ address }) => address);
  const first = await run("up", ...flags);
  expect((await run("submit", "Hello", "-q")).exitCode).toBe(0);
  expect((await run("down")).exitCode).toBe(0);
  const second = await run("up", ...flags);
  expect(nodesOf(second.stdout)).toEqual(nodesOf(first.stdout));
  const refused = await run("up", ...flags);
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain("home-in-use");
});
