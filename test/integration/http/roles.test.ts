import OpenAI, { NotFoundError } from "openai";
import { expect, onTestFinished, test } from "vitest";
import { CortensorClient, verifyReceipt } from "../../../src/client/index.ts";
import { recover } from "../../../src/keys/index.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";
import { createHttpServer } from "../../../src/router/http/index.ts";
import { systemClock } from "../../../src/util/clock.ts";
import { RoleNetwork } from "../../support/roleNetwork.ts";

const KEY = "ck_roles";

/** A real router with its HTTP interface, and real miners over memory adapters. */
async function network(script: string) {
  const roles = await RoleNetwork.create();
  onTestFinished(() => roles.stop());
  await roles.addMiner({ script });
  const metrics = createMetrics();
  const http = createHttpServer(
    {
      host: "127.0.0.1",
      port: 0,
      bodyBytes: 4_194_304,
      requestsPerMinute: 100_000,
      cors: "",
      apiKeys: [KEY],
      network: "memory",
      practice: true,
      software: "test",
    },
    {
      router: roles.router,
      metrics,
      log: createSilentLog(),
      signer: roles.routerSigner,
      chain: roles.chain,
      clock: systemClock,
    },
  );
  await http.start();
  onTestFinished(async () => {
    await http.stop();
    metrics.close();
  });
  return {
    roles,
    ai: new OpenAI({ baseURL: `${http.url}/v1`, apiKey: KEY, maxRetries: 0 }),
    client: new CortensorClient({ baseUrl: http.url, apiKey: KEY }),
    model: roles.router.models()[0]?.name ?? "",
  };
}

const messages = [{ role: "user", content: "What is a dog?" }] as const;

test("one seed gives one answer to every client, streamed and not, with receipts that hold and add up", async () => {
  const { roles, ai, client, model } = await network("rate=5000,length=40");
  const body = { model, messages: [...messages], seed: 7, max_tokens: 100 };
  const whole = await ai.chat.completions.create(body);
  const text = whole.choices[0]?.message.content ?? "";
  expect(text.length).toBeGreaterThan(10);
  let streamed = "";
  for await (const chunk of await ai.chat.completions.create({ ...body, stream: true }))
    streamed += chunk.choices[0]?.delta.content ?? "";
  const answer = await client.complete({ model, prompt: messages, seed: 7, maxTokens: 100 });
  expect([streamed, answer.text]).toEqual([text, text]);
  expect(verifyReceipt(answer.receipt, { recover }).checks.filter(({ ok }) => !ok)).toEqual([]);
  const { receipted, toMiners, fromClients } = roles.sums();
  expect([toMiners, fromClients]).toEqual([receipted, receipted]);
  // The last voucher is on its way.
  await expect.poll(() => roles.sums().atMiners).toBe(receipted);
});

test("a repeated idempotency-key gets the stored answer and costs nothing", async () => {
  const { roles, client } = await network("rate=5000,length=40");
  const ask = { prompt: messages, idempotencyKey: "once" };
  const first = await client.complete(ask);
  const { receipted } = roles.sums();
  const second = await client.complete(ask);
  expect(second.receipt).toEqual(first.receipt);
  expect(second.text).toBe(first.text);
  expect(roles.sums().receipted).toBe(receipted);
  await expect(client.complete({ ...ask, prompt: "another" })).rejects.toMatchObject({ code: "bad-request" });
});

test("leaving within an answer stops the miner, and what it gave is booked on both edges", async () => {
  const { roles, ai, model } = await network("rate=200,length=1000");
  const stream = await ai.chat.completions.create({ model, messages: [...messages], max_tokens: 900, stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  await expect.poll(() => roles.router.slots().busy).toBe(0);
  await expect.poll(() => roles.sums().atMiners).toBeGreaterThan(0n);
  const { receipted, toMiners, fromClients, atMiners } = roles.sums();
  expect([toMiners, fromClients, atMiners]).toEqual([receipted, receipted, receipted]);
  const { outputPrice } = roles.router.models()[0] ?? { outputPrice: 0n };
  expect(receipted).toBeLessThan(200n * outputPrice);
});

test("an unknown model and a prompt longer than the context", async () => {
  const { ai, client } = await network("rate=5000,length=40");
  await expect(ai.chat.completions.create({ model: "gpt-4o", messages: [...messages] })).rejects.toBeInstanceOf(
    NotFoundError,
  );
  await expect(client.complete({ prompt: "dog ".repeat(20_000) })).rejects.toMatchObject({ code: "context-length" });
});
