import { once } from "node:events";
import { expect, test } from "vitest";
import { recover } from "../../../src/keys/index.ts";
import { lastPart, parseBundle, verifyBundle } from "../../../src/protocol/receiptBundle.ts";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { MODEL } from "../../support/fakeRouter.ts";
import { chat, httpServer, type Reply } from "../../support/httpServer.ts";

/** The data of every event of a streamed response, parsed. */
async function events(response: Response): Promise<Reply[]> {
  const text = await response.text();
  return text
    .split("\n\n")
    .filter((block) => block !== "" && block !== "data: [DONE]")
    .map((block) => JSON.parse(block.replace(/^data: /, "")) as Reply);
}

test("an answer in one piece has OpenAI's fields, the usage and a receipt that holds", async () => {
  const { call, router } = await httpServer();
  const response = await call("/v1/chat/completions", { json: chat() });
  const body = (await response.json()) as Reply;
  expect(response.status).toBe(200);
  expect(body).toMatchObject({
    object: "chat.completion",
    model: "tiny",
    choices: [
      { index: 0, message: { role: "assistant", content: "A dog is a pet." }, logprobs: null, finish_reason: "stop" },
    ],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    cortensor: {
      finish: "stop",
      attempts: [{ miner: router.miner.address, reason: "stop", tokens: 3, ttft_ms: 12 }],
      cost_cor: "0.0000084",
      timing: { ttft_ms: 12, duration_ms: 112, tokens_per_second: 20 },
    },
  });
  const bundle = parseBundle(body.cortensor?.receipt);
  expect(verifyBundle(bundle, { recover }).filter(({ ok }) => !ok)).toEqual([]);
  expect(response.headers.get("x-cortensor-task")).toBe(lastPart(bundle).order.task);
  expect(response.headers.get("x-cortensor-miner")).toBe(router.miner.address);
  expect(response.headers.get("x-cortensor-receipt")).toBe(bundle.id);
});

test("a streamed answer opens with the role, closes with the receipt, then the usage and the end", async () => {
  const { call, router } = await httpServer();
  const json = { ...chat(), stream: true, stream_options: { include_usage: true } };
  const response = await call("/v1/chat/completions", { json });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(response.headers.get("x-cortensor-miner")).toBe(router.miner.address);
  expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  const copy = response.clone();
  const chunks = await events(response);
  const choices = chunks.map((chunk) => chunk.choices[0]);
  expect(choices.map((choice) => choice?.delta)).toEqual([
    { role: "assistant", content: "" },
    { content: "A dog " },
    { content: "is " },
    { content: "a pet." },
    {},
    undefined,
  ]);
  expect(choices.map((choice) => choice?.finish_reason)).toEqual([null, null, null, null, "stop", undefined]);
  expect(chunks.map(({ usage }) => usage?.total_tokens ?? null)).toEqual([null, null, null, null, null, 10]);
  expect(chunks[4]?.cortensor?.receipt.schema).toBe("cortensor.receipt/1");
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  expect(await copy.text()).toMatch(/data: \[DONE\]\n\n$/);
});

test("a stream without the wish for usage has none", async () => {
  const { call } = await httpServer();
  const chunks = await events(await call("/v1/chat/completions", { json: { ...chat(), stream: true } }));
  expect(chunks.filter((chunk) => "usage" in chunk || chunk.choices.length === 0)).toEqual([]);
});

test("text completions continue a text, whole and streamed", async () => {
  const { call, router } = await httpServer();
  const whole = await call("/v1/completions", { json: { prompt: ["A dog"] } });
  expect(await whole.json()).toMatchObject({
    object: "text_completion",
    choices: [{ index: 0, text: "A dog is a pet.", finish_reason: "stop", logprobs: null }],
  });
  expect(router.requests[0]?.input).toEqual({ kind: "text", text: "A dog" });
  const chunks = await events(await call("/v1/completions", { json: { prompt: "A dog", stream: true } }));
  expect(chunks.map((chunk) => chunk.choices[0]?.text)).toEqual(["A dog ", "is ", "a pet.", ""]);
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
});

test("what a request leaves out takes the defaults, and null is as good as absent", async () => {
  const { call, router } = await httpServer();
  await call("/v1/chat/completions", { json: { ...chat(), temperature: null, max_tokens: null, stop: null, n: null } });
  expect(router.requests[0]).toMatchObject({
    model: "tiny",
    params: { maxTokens: 512, temperature: 1, topP: 1, topK: 64, minP: 0, stop: [] },
  });
  router.served = router.served.map((model) => ({ ...model, contextTokens: 300 }));
  await call("/v1/chat/completions", { json: chat() });
  expect(router.requests[1]?.params.maxTokens).toBe(150);
});

test("what a request says is what the router is asked", async () => {
  const { call, router } = await httpServer();
  const json = {
    model: "tiny",
    messages: [
      { role: "developer", content: "Be short." },
      {
        role: "user",
        name: "Ann",
        content: [
          { type: "text", text: "What is " },
          { type: "text", text: "a dog?" },
        ],
      },
    ],
    max_tokens: 9,
    max_completion_tokens: 5,
    temperature: 0.5,
    top_p: 0.9,
    top_k: 8,
    min_p: 0.1,
    seed: -7,
    stop: "\n",
    user: "u",
    metadata: { a: "b" },
    n: 1,
    tools: [],
    response_format: { type: "text" },
  };
  await call("/v1/chat/completions", { json });
  expect(router.requests[0]).toMatchObject({
    model: "tiny",
    clientSeed: 2n ** 64n - 7n,
    input: {
      kind: "messages",
      messages: [
        { role: "system", content: "Be short." },
        { role: "user", name: "Ann", content: "What is a dog?" },
      ],
    },
    params: { maxTokens: 5, temperature: 0.5, topP: 0.9, topK: 8, minP: 0.1, stop: ["\n"] },
  });
});

test("log-probabilities name tokens by their id", async () => {
  const { call } = await httpServer();
  const body = (await (await call("/v1/chat/completions", { json: { ...chat(), logprobs: true } })).json()) as Reply;
  expect(body.choices[0]?.logprobs?.content).toHaveLength(3);
  expect(body.choices[0]?.logprobs?.content[0]).toMatchObject({ token: "token_id:1", logprob: -0.5, top_logprobs: [] });
  const chunks = await events(await call("/v1/completions", { json: { prompt: "A dog", logprobs: 0, stream: true } }));
  expect(chunks[0]?.choices[0]?.logprobs).toMatchObject({ tokens: ["token_id:1"], token_logprobs: [-0.5] });
});

test("a failure before the first token has its status, also when a stream was asked for", async () => {
  const { call, router } = await httpServer();
  const error = new CortensorError("context-length", "the prompt has 9,120 tokens and tiny takes 1,024");
  router.script = { words: ["a"], fail: { at: 0, error } };
  for (const stream of [false, true]) {
    const response = await call("/v1/chat/completions", { json: { ...chat(), stream } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "context-length", type: "invalid_request_error", param: null },
    });
  }
});

test("the headers name the miner that answers, not one that was tried before", async () => {
  const { call, router } = await httpServer();
  router.script = { ...router.script, triedBefore: `0x${"01".repeat(20)}` };
  for (const stream of [false, true]) {
    const response = await call("/v1/chat/completions", { json: { ...chat(), stream } });
    expect(response.headers.get("x-cortensor-miner")).toBe(router.miner.address);
    expect((await response.text()).match(/"role":"assistant"/g)).toHaveLength(1);
  }
});

test("a failure after the first token is an event of the stream, which then ends without DONE", async () => {
  const { call, router } = await httpServer();
  const error = new CortensorError("task-failed", "the answer broke off after 1 tokens");
  router.script = { words: ["a", "b"], fail: { at: 1, error } };
  const response = await call("/v1/chat/completions", { json: { ...chat(), stream: true } });
  const text = await response.text();
  expect(text).not.toContain("[DONE]");
  expect(JSON.parse(text.trim().split("\n\n").at(-1)?.slice(6) ?? "")).toMatchObject({
    error: { code: "task-failed", type: "server_error" },
  });
  const whole = await call("/v1/chat/completions", { json: chat() });
  expect(whole.status).toBe(502);
});

test("an answer that no miner could end says so, so that nobody takes it for whole", async () => {
  const { call, router } = await httpServer();
  router.script = { words: ["a"], finish: "error" };
  const response = await call("/v1/chat/completions", { json: chat() });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    choices: [{ message: { content: "a" }, finish_reason: "error" }],
    cortensor: { finish: "error" },
  });
  expect(router.runs[0]?.ended).toBe("finished");
});

test("a bug says where to look and nothing of itself", async () => {
  const { call, router } = await httpServer();
  router.script = { words: ["a"], fail: { at: 0, error: new TypeError("secret of the code") } };
  const response = await call("/v1/chat/completions", { json: chat(), headers: { "x-request-id": "mine-1" } });
  expect(response.status).toBe(500);
  expect(response.headers.get("x-request-id")).toBe("mine-1");
  const text = await response.text();
  expect(text).toContain("mine-1");
  expect(text).not.toMatch(/secret|TypeError|\.ts/);
});

test.each([true, false])(
  "a client that leaves aborts at once, and the answer is read to its end (stream: %s)",
  async (stream) => {
    const { call, router } = await httpServer();
    const reached = Promise.withResolvers<void>();
    router.script = {
      words: ["a", "b", "c", "d"],
      async gate(index, signal) {
        if (index !== 2) return;
        reached.resolve();
        if (!signal.aborted) await once(signal, "abort");
      },
    };
    const left = new AbortController();
    const response = call("/v1/chat/completions", { json: { ...chat(), stream }, signal: left.signal });
    response.catch(() => {});
    await reached.promise;
    left.abort();
    await expect.poll(() => router.runs[0]?.ended).not.toBe("running");
    expect(router.runs[0]).toEqual({ events: 2, aborted: true, ended: "finished" });
  },
);

test("the same idempotency-key names the same request, for each account its own", async () => {
  const { call, router } = await httpServer({ apiKeys: ["one", "two"] });
  const ask = async (key: string, idempotency: string, text = "What is a dog?") =>
    await call("/v1/chat/completions", {
      json: chat(text),
      headers: { authorization: `Bearer ${key}`, "idempotency-key": idempotency },
    });
  await ask("one", "a");
  router.served = [];
  expect((await ask("one", "a")).status).toBe(200);
  expect(router.requests[1]).toEqual(router.requests[0]);
  const other = await ask("one", "a", "What is a cat?");
  expect(other.status).toBe(422);
  expect(router.requests).toHaveLength(2);
  router.served = [MODEL];
  await ask("two", "a", "What is a cat?");
  await ask("one", "b");
  expect(new Set(router.requests.map(({ requestId }) => requestId)).size).toBe(2);
  expect(router.requests[2]?.account).not.toBe(router.requests[0]?.account);
});
