import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { recover } from "../../../src/keys/index.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";
import { checkInfo } from "../../../src/protocol/nodeInfo.ts";
import { createHttpServer } from "../../../src/router/http/index.ts";
import { systemClock } from "../../../src/util/clock.ts";
import { DOMAIN, FakeRouter } from "../../support/fakeRouter.ts";
import { chat, httpServer } from "../../support/httpServer.ts";

test("a port that another process holds is named", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  await expect(httpServer({ port })).rejects.toMatchObject({
    code: "port-in-use",
    message: `port ${port} is taken`,
    details: { data: { port } },
  });
});

test("a host that is not of this machine is a setting to correct", async () => {
  await expect(httpServer({ host: "203.0.113.7" })).rejects.toMatchObject({ code: "config-invalid" });
});

test("a stop lets running answers end and refuses new ones", async () => {
  const { call, http, router } = await httpServer({ drainMs: 60_000 });
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  router.script = {
    words: ["a", "b"],
    async gate(index) {
      if (index === 0) return;
      reached.resolve();
      await gate.promise;
    },
  };
  const response = await call("/v1/chat/completions", { json: { ...chat(), stream: true } });
  await reached.promise;
  const stopped = http.stop();
  const refused = await call("/v1/chat/completions", { json: chat() });
  expect(refused.status).toBe(503);
  expect(refused.headers.get("connection")).toBe("close");
  expect(await refused.json()).toMatchObject({ error: { code: "no-capacity" } });
  expect((await call("/nothing")).status).toBe(503);
  expect((await call("/healthz")).status).toBe(200);
  expect((await call("/readyz")).status).toBe(503);
  gate.resolve();
  expect(await response.text()).toContain("[DONE]");
  await stopped;
  await expect(call("/healthz")).rejects.toThrow();
  await http.stop();
});

test("a stop closes what has not ended in its time, which aborts it", async () => {
  const { call, http, router } = await httpServer({ drainMs: 0 });
  router.script = {
    words: ["a", "b"],
    async gate(index, signal) {
      if (index === 1) await once(signal, "abort");
    },
  };
  const response = await call("/v1/chat/completions", { json: { ...chat(), stream: true } });
  await http.stop();
  await expect(response.text()).rejects.toThrow();
  await expect.poll(() => router.runs[0]).toEqual({ events: 1, aborted: true, ended: "finished" });
});

test("health, readiness, models and miners", async () => {
  const { call, router, url } = await httpServer();
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ ok: true });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  router.ready = false;
  const unready = await fetch(`${url}/readyz`);
  expect(unready.status).toBe(503);
  expect(await unready.json()).toEqual({ ready: false, reason: "no miner is connected" });
  const list = (await (await call("/v1/models")).json()) as { data: unknown[] };
  const one = await (await call("/v1/models/tiny")).json();
  expect(list.data).toEqual([one]);
  expect(one).toMatchObject({
    id: "tiny",
    object: "model",
    owned_by: "cortensor",
    cortensor: { context_tokens: 1024, miners: 2, prompt_cor_per_million: "0.3", output_cor_per_million: "2.1" },
  });
  expect(await (await call("/api/v1/miners")).json()).toMatchObject({
    miners: [{ address: router.miner.address, slots: { busy: 0, total: 4 }, ttft_ms: 12 }],
  });
});

test("info is signed by the node's key for the nonce of whoever asks", async () => {
  const { router, url } = await httpServer();
  const nonce = `0x${"c4".repeat(32)}` as const;
  const value = (await (await fetch(`${url}/api/v1/info?nonce=${nonce}`)).json()) as object;
  expect(checkInfo(value, { nonce, recover })).toMatchObject({
    address: router.signer.address,
    network: "local",
    practice: true,
    chain_id: DOMAIN.chainId,
    runtime: DOMAIN.runtime,
    software: "1.0.0",
    block_time: 1_790_000_000,
  });
  const bad = { code: "peer-protocol" };
  expect(() => checkInfo(value, { nonce: `0x${"00".repeat(32)}`, recover })).toThrow(expect.objectContaining(bad));
  expect(() => checkInfo({ ...value, network: "main" }, { nonce, recover })).toThrow(expect.objectContaining(bad));
  expect(() => checkInfo({ ...value, block_time: 1 }, { nonce, recover })).toThrow(expect.objectContaining(bad));
  expect(() => checkInfo({}, { nonce, recover })).toThrow(expect.objectContaining(bad));
  expect((await fetch(`${url}/api/v1/info?nonce=1`)).status).toBe(400);
});

test("a receipt is shown to the key that asked, and to no other", async () => {
  const { call } = await httpServer({ apiKeys: ["one", "two"] });
  const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
  const answer = await call("/v1/chat/completions", { json: chat(), ...as("one") });
  const body = (await answer.json()) as { cortensor: { receipt: unknown } };
  const path = `/api/v1/receipts/${answer.headers.get("x-cortensor-task")}`;
  expect(await (await call(path, as("one"))).json()).toEqual(body.cortensor.receipt);
  expect((await call(path, as("two"))).status).toBe(404);
  expect((await call(`/api/v1/receipts/0x${"00".repeat(32)}`, as("one"))).status).toBe(404);
  expect((await call("/api/v1/receipts/1", as("one"))).status).toBe(400);
});

test("status shows what is put in, and is not there without it", async () => {
  const snapshot = { schema: "cortensor.status/1", at: "2026-01-01T00:00:00.000Z" };
  const { call } = await httpServer({}, { status: () => Promise.resolve(snapshot as never) });
  expect(await (await call("/api/v1/status")).json()).toEqual(snapshot);
  expect((await (await httpServer()).call("/api/v1/status")).status).toBe(404);
});

test("browsers may call from listed origins only", async () => {
  const { url } = await httpServer({ cors: "https://a.example, https://b.example/" });
  const preflight = async (origin: string) =>
    await fetch(`${url}/v1/chat/completions`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    });
  const allowed = await preflight("https://b.example");
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get("access-control-allow-origin")).toBe("https://b.example");
  expect(allowed.headers.get("access-control-allow-headers")).toBe("authorization");
  expect(allowed.headers.get("vary")).toBe("Origin");
  const denied = await preflight("https://evil.example");
  expect(denied.status).toBe(405);
  expect(denied.headers.get("access-control-allow-origin")).toBeNull();
  const open = await httpServer({ cors: "*" });
  const streamed = await open.call("/v1/chat/completions", {
    json: { ...chat(), stream: true },
    headers: { origin: "https://any.example" },
  });
  expect(streamed.headers.get("access-control-allow-origin")).toBe("*");
  expect(streamed.headers.get("access-control-expose-headers")).toContain("x-cortensor-task");
  await streamed.text();
});

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly post?: { readonly requestBody: Body } }>>;
}
interface Body {
  readonly content: Readonly<Record<string, { readonly schema: { readonly properties: object } }>>;
}

test("the description covers every path and the form of its body", async () => {
  const { url } = await httpServer();
  const description = (await (await fetch(`${url}/openapi.json`)).json()) as Description;
  expect(description.openapi).toBe("3.1.0");
  expect(Object.keys(description.paths)).toEqual(
    expect.arrayContaining(["/v1/chat/completions", "/v1/completions", "/v1/models/{id}", "/api/v1/receipts/{taskId}"]),
  );
  const body = description.paths["/v1/chat/completions"]?.post?.requestBody.content["application/json"]?.schema;
  expect(Object.keys(body?.properties ?? {})).toEqual(
    expect.arrayContaining(["messages", "temperature", "stop", "seed"]),
  );
});

test("metrics count requests, tasks and tokens", async () => {
  const { call, url, router } = await httpServer();
  await (await call("/v1/chat/completions", { json: chat() })).text();
  router.script = { words: [], fail: { at: 0, error: new Error("bug") } };
  await (await call("/v1/chat/completions", { json: chat() })).text();
  await expect
    .poll(async () => await (await fetch(`${url}/metrics`)).text())
    .toContain('cortensor_http_requests_total{route="/v1/chat/completions",status="500"} 1');
  const text = await (await fetch(`${url}/metrics`)).text();
  for (const line of [
    'cortensor_http_requests_total{route="/v1/chat/completions",status="200"} 1',
    'cortensor_tasks_total{state="stop",reason=""} 1',
    'cortensor_tasks_total{state="failed",reason="internal"} 1',
    "cortensor_prompt_tokens_total 7",
    "cortensor_output_tokens_total 3",
    "cortensor_first_token_seconds_count 1",
    "cortensor_token_seconds_count 1",
    "cortensor_tasks_waiting 0",
    "cortensor_slots_total 4",
  ])
    expect(text).toContain(line);
});

test("a server that never started stops, and its url names an address that can be called", async () => {
  const router = new FakeRouter();
  const metrics = createMetrics();
  onTestFinished(() => metrics.close());
  const head = () => ({ number: 1, hash: `0x${"00".repeat(32)}` as const, timestamp: 1 });
  const chain = { domain: DOMAIN, head, epoch: () => ({ epoch: 1, epochSeconds: 60, endsAt: 60 }) };
  const deps = { router, metrics, log: createSilentLog(), signer: router.signer, chain, clock: systemClock };
  const options = { port: 5010, bodyBytes: 1024, requestsPerMinute: 1, cors: "", apiKeys: [] };
  const facts = { network: "local", practice: true, software: "1" };
  const server = createHttpServer({ ...options, ...facts, host: "0.0.0.0" }, deps);
  await server.stop();
  expect(server.url).toBe("http://127.0.0.1:5010");
});
