import { connect } from "node:net";
import { expect, test } from "vitest";
import { MODEL } from "../../support/fakeRouter.ts";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { chat, httpServer } from "../../support/httpServer.ts";

interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code: string; readonly param: string };
}

async function refusal(response: Response): Promise<ErrorBody["error"] & { status: number }> {
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  const body = (await response.json()) as ErrorBody;
  expect(Object.keys(body.error)).toEqual(["message", "type", "code", "param"]);
  return { ...body.error, status: response.status };
}

test.each([
  [{ n: 17 }, "n"],
  [{ tools: [{ type: "function", function: { name: "f" } }] }, "tools"],
  [{ functions: [{ name: "f" }] }, "functions"],
  [{ response_format: { type: "json_schema", json_schema: {} } }, "response_format"],
  [{ response_format: { type: "json_object" } }, "response_format"],
  [{ logit_bias: { "50256": -100 } }, "logit_bias"],
  [{ presence_penalty: 0.5 }, "presence_penalty"],
  [{ frequency_penalty: -1 }, "frequency_penalty"],
  [{ logprobs: true, top_logprobs: 3 }, "top_logprobs"],
  [{ modalities: ["text", "audio"] }, "modalities"],
  [{ web_search_options: {} }, "web_search_options"],
  [{ temperature: 3 }, "temperature"],
  [{ temperature: "hot" }, "temperature"],
  [{ top_p: -0.1 }, "top_p"],
  [{ top_k: 65 }, "top_k"],
  [{ max_tokens: 0 }, "max_tokens"],
  [{ max_completion_tokens: 1.5 }, "max_completion_tokens"],
  [{ seed: 1.5 }, "seed"],
  [{ stop: ["a", "b", "c", "d", "e"] }, "stop"],
  [{ stop: "x".repeat(65) }, "stop"],
  [{ stream: "yes" }, "stream"],
  [{ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }] }, "messages.0.content.0"],
  [{ messages: [{ role: "tool", content: "x", tool_call_id: "1" }] }, "messages.0"],
  [{ messages: [{ role: "assistant", content: null, tool_calls: [{ id: "1" }] }] }, "messages.0"],
  [{ messages: [{ role: "king", content: "x" }] }, "messages.0.role"],
  [{ messages: "hello" }, "messages"],
])("%j is refused, naming the field", async (fields, param) => {
  const { call, router } = await httpServer();
  const found = await refusal(await call("/v1/chat/completions", { json: { ...chat(), ...fields } }));
  expect(found).toMatchObject({ status: 400, code: "bad-request", type: "invalid_request_error", param });
  expect(found.message).toMatch(/\.$/);
  expect(router.requests).toEqual([]);
});

test.each([
  ["/v1/chat/completions", { messages: [] }],
  ["/v1/chat/completions", { messages: [{ role: "user", content: " \n" }] }],
  ["/v1/chat/completions", { messages: [{ role: "user" }] }],
  ["/v1/completions", {}],
  ["/v1/completions", { prompt: "" }],
  ["/v1/completions", { prompt: [] }],
])("%s with %j has no prompt", async (path, json) => {
  const { call } = await httpServer();
  expect(await refusal(await call(path, { json }))).toMatchObject({ status: 400, code: "prompt-missing" });
});

test.each([
  [{ prompt: ["a", "b"] }, "prompt"],
  [{ prompt: [1, 2, 3] }, "prompt"],
  [{ prompt: "a", logprobs: 1 }, "logprobs"],
  [{ prompt: "a", best_of: 2 }, "best_of"],
  [{ prompt: "a", echo: true }, "echo"],
  [{ prompt: "a", suffix: "b" }, "suffix"],
])("a text completion with %j is refused", async (json, param) => {
  const { call } = await httpServer();
  expect(await refusal(await call("/v1/completions", { json }))).toMatchObject({ status: 400, param });
});

test("a prompt that no frame can carry is refused before it travels", async () => {
  const { call, router } = await httpServer({ bodyBytes: 4_000_000 });
  const found = await refusal(await call("/v1/chat/completions", { json: chat("x".repeat(950_000)) }));
  expect(found).toMatchObject({ status: 400, code: "context-length" });
  expect(router.requests).toEqual([]);
});

test("without a model one must be served, and only one", async () => {
  const { call, router } = await httpServer();
  router.served = [MODEL, { ...MODEL, name: "other", modelId: `0x${"77".repeat(32)}` }];
  const found = await refusal(await call("/v1/chat/completions", { json: chat() }));
  expect(found).toMatchObject({ status: 400, param: "model" });
  expect(found.message).toContain("tiny, other");
  router.served = [];
  const none = await call("/v1/chat/completions", { json: chat() });
  expect(none.headers.get("retry-after")).toBe("1");
  expect(await refusal(none)).toMatchObject({ status: 503, code: "no-capacity", type: "server_error" });
});

test.each([
  [{}, "the request has no API key"],
  [{ authorization: "Bearer wrong" }, "this API key is not one"],
  [{ authorization: "Basic ck_test-key" }, "this API key is not one"],
])("a request with %j is refused before its body is read", async (headers, said) => {
  const { url, router } = await httpServer();
  for (const path of [
    "/v1/chat/completions",
    "/v1/models",
    "/api/v1/miners",
    `/api/v1/receipts/0x${"00".repeat(32)}`,
  ]) {
    const init = path.endsWith("completions") ? { method: "POST", body: "not even JSON" } : {};
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { ...headers, "content-type": "application/json" },
    });
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    const found = await refusal(response);
    expect(found).toMatchObject({ status: 401, code: "unauthorised", type: "authentication_error" });
    expect(found.message).toContain(said);
    expect(found.message).toContain("cortensor env");
  }
  expect(router.requests).toEqual([]);
});

test("bodies that are no JSON, too large or of another type", async () => {
  const { call } = await httpServer({ bodyBytes: 1024 });
  const post = async (body: string, type = "application/json") =>
    await refusal(await call("/v1/chat/completions", { method: "POST", body, headers: { "content-type": type } }));
  expect(await post("{")).toMatchObject({ status: 400, code: "bad-request" });
  expect(await post("")).toMatchObject({ status: 400, code: "bad-request" });
  expect(await post("[]")).toMatchObject({ status: 400, code: "bad-request" });
  expect(await post('{"__proto__":{"x":1},"messages":[]}')).toMatchObject({ status: 400 });
  expect(await post(JSON.stringify(chat("x".repeat(2000))))).toMatchObject({ status: 413, code: "body-too-large" });
  expect(await post("a=b", "application/x-www-form-urlencoded")).toMatchObject({ status: 415 });
  expect(await post("hello", "text/plain")).toMatchObject({ status: 415 });
});

test("unknown paths and wrong methods", async () => {
  const { call } = await httpServer();
  expect(await refusal(await call("/v2/anything?x=1"))).toMatchObject({ status: 404, code: "not-found" });
  const wrong = await call("/v1/chat/completions");
  expect(wrong.headers.get("allow")).toBe("POST");
  expect(await refusal(wrong)).toMatchObject({ status: 405, code: "method-not-allowed" });
  expect(await refusal(await call("/v1/models/tiny", { method: "DELETE" }))).toMatchObject({ status: 405 });
  expect(await refusal(await call("/v1/%zz"))).toMatchObject({ status: 400 });
  expect(await refusal(await call("/v1/models/gpt-4o"))).toMatchObject({ status: 404, code: "model-unserved" });
});

test("bytes that are no HTTP get an error in the same shape", async () => {
  const { http } = await httpServer();
  const socket = connect(http.port, "127.0.0.1");
  socket.write("hello\r\n\r\n");
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/json/);
  expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "")).toMatchObject({ error: { code: "bad-request" } });
});

test("what the router says of its miners and its money keeps its status, and says when to come back", async () => {
  const { call, router } = await httpServer();
  const ask = async (error: CortensorError) => {
    router.script = { words: [], fail: { at: 0, error } };
    return await call("/v1/chat/completions", { json: chat() });
  };
  const busy = await ask(new CortensorError("rate-limited", "every slot is taken", { data: { retryAfterS: 3.2 } }));
  expect(busy.headers.get("retry-after")).toBe("4");
  expect(await refusal(busy)).toMatchObject({ status: 429, type: "rate_limit_error" });
  const poor = await ask(
    new CortensorError("deposit-low", "the deposit does not cover this answer", {
      data: { depositWei: 5n },
      try: "cortensor session list",
    }),
  );
  expect(await refusal(poor.clone())).toMatchObject({
    status: 402,
    type: "insufficient_quota",
    message: "the deposit does not cover this answer. Try: cortensor session list",
  });
  expect(await poor.json()).toMatchObject({ cortensor: { data: { depositWei: "5" }, try: "cortensor session list" } });
});

test("more requests in a minute than allowed get 429 and a time, for each key and each address", async () => {
  const { call, url } = await httpServer({ requestsPerMinute: 2, apiKeys: ["one", "two"] });
  const ask = async (key: string) => await call("/v1/models", { headers: { authorization: `Bearer ${key}` } });
  expect((await ask("one")).status).toBe(200);
  expect((await ask("one")).status).toBe(200);
  const over = await ask("one");
  expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refusal(over)).toMatchObject({ status: 429, code: "rate-limited" });
  expect((await ask("two")).status).toBe(200);
  // Guessing keys counts by address, whatever the key.
  expect((await ask("guess-1")).status).toBe(401);
  expect((await ask("guess-2")).status).toBe(401);
  expect((await ask("guess-3")).status).toBe(429);
  expect((await fetch(`${url}/nothing`)).status).toBe(429);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});
