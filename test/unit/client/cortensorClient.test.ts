import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { type ClientEvent, CortensorClient, verifyReceipt } from "../../../src/client/index.ts";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { recover } from "../../../src/keys/index.ts";
import { API_KEY, httpServer } from "../../support/httpServer.ts";

const question = { prompt: [{ role: "user", content: "What is a dog?" }] };

async function network() {
  const { url, router, http } = await httpServer();
  return { url, router, http, client: new CortensorClient({ baseUrl: `${url}/v1`, apiKey: API_KEY }) };
}

/** A server that is no router. */
async function otherServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function all(events: AsyncIterable<ClientEvent>): Promise<ClientEvent[]> {
  const found: ClientEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

test("an answer comes whole, with each piece on the way and a receipt that holds", async () => {
  const { client, router } = await network();
  const pieces: string[] = [];
  const answer = await client.complete(question, { onText: (text) => pieces.push(text) });
  expect(pieces).toEqual(["A dog ", "is ", "a pet."]);
  expect(answer).toMatchObject({
    model: "tiny",
    text: "A dog is a pet.",
    finishReason: "stop",
    usage: { promptTokens: 7, outputTokens: 3 },
    miner: router.miner.address,
    attempts: [{ miner: router.miner.address, reason: "stop", tokens: 3, ttftMs: 12 }],
    timing: { ttftMs: 12, durationMs: 112, tokensPerSecond: 20 },
    costCor: "0.0000084",
  });
  const verdict = verifyReceipt(answer.receipt, { recover });
  expect(verdict.valid).toBe(true);
  expect(verdict.bundle.parts[0]?.order.task).toBe(answer.taskId);
  expect(verifyReceipt({ ...answer.receipt, text: "A dog is a cat." }, { recover }).valid).toBe(false);
  expect(await client.receipt(answer.taskId ?? "")).toEqual(answer.receipt);
});

test("events are a start, texts and a finish", async () => {
  const { client } = await network();
  expect((await all(client.stream(question))).map(({ type }) => type)).toEqual([
    "start",
    "text",
    "text",
    "text",
    "finish",
  ]);
});

test("what a request says reaches the router; what it leaves out does not", async () => {
  const { client, router } = await network();
  const sampling = { maxTokens: 9, temperature: 0, topP: 0.5, topK: 3, minP: 0.1, seed: 7, stop: ["x"] };
  await client.complete({ ...question, ...sampling, model: "tiny", idempotencyKey: "k" });
  await client.complete({ prompt: "A dog", idempotencyKey: "k2" });
  expect(router.requests[0]).toMatchObject({
    clientSeed: 7n,
    params: { maxTokens: 9, temperature: 0, topP: 0.5, topK: 3, minP: 0.1, stop: ["x"] },
  });
  expect(router.requests[1]).toMatchObject({ input: { kind: "text", text: "A dog" }, params: { maxTokens: 512 } });
  expect(router.requests[1]).not.toHaveProperty("clientSeed");
});

test("models, and who the router is", async () => {
  const { client, router } = await network();
  expect(await client.models()).toMatchObject([{ name: "tiny", contextTokens: 1024, outputCorPerMillion: "2.1" }]);
  expect(await client.info({ recover })).toMatchObject({ address: router.signer.address, network: "local" });
});

test.each([
  [new CortensorError("context-length", "the prompt has 9,120 tokens and tiny takes 1,024"), 0],
  [new CortensorError("rate-limited", "every slot is taken", { data: { retryAfterS: 3 } }), 0],
  [
    new CortensorError("task-failed", "the answer broke off after 2 tokens", {
      why: [["seen", "stalled"]],
      data: { emitted: 2 },
    }),
    2,
  ],
  [new CortensorError("deposit-low", "no money", { try: "cortensor session list" }), 0],
])("the router's %o arrives as what it was", async (error, at) => {
  const { client, router } = await network();
  router.script = { words: ["a", "b", "c"], fail: { at, error } };
  const found = await client.complete(question).catch((failure: unknown) => failure as CortensorError);
  expect(found).toBeInstanceOf(CortensorError);
  const { code, message, details } = found as CortensorError;
  expect({ code, message }).toEqual({ code: error.code, message: error.message });
  expect(details.why).toEqual(error.details.why);
  expect(details.try).toEqual(error.details.try);
  expect(details.data).toMatchObject(error.details.data ?? {});
});

test("a wrong key, an empty prompt and an unknown task", async () => {
  const { client, url } = await network();
  const stranger = new CortensorClient({ baseUrl: url, apiKey: "other" });
  await expect(stranger.models()).rejects.toMatchObject({ code: "unauthorised" });
  await expect(client.complete({ prompt: "" })).rejects.toMatchObject({
    code: "prompt-missing",
    message: "there is no prompt",
  });
  await expect(client.receipt(`0x${"00".repeat(32)}`)).rejects.toMatchObject({ code: "not-found" });
});

test("nobody at the address is router-unreachable, naming it", async () => {
  const { client, http } = await network();
  await http.stop();
  await expect(client.models()).rejects.toMatchObject({
    code: "router-unreachable",
    message: `no router answers at 127.0.0.1:${http.port}`,
    details: { why: [["why", "nothing listens there"]], try: "cortensor up" },
  });
  await expect(client.complete(question)).rejects.toMatchObject({ code: "router-unreachable" });
});

test("what is no URL is refused at once", () => {
  for (const baseUrl of ["", "127.0.0.1:5010", "ftp://router"])
    expect(() => new CortensorClient({ baseUrl, apiKey: "k" })).toThrow(
      expect.objectContaining({ code: "option-value" }),
    );
});

test.each([
  ["a page", (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>")],
  ["another error", (_, response) => response.writeHead(502, { "content-type": "text/html" }).end("<html>")],
] satisfies [string, RequestListener][])("a server that is no router, with %s, is told apart", async (_, listener) => {
  const url = await otherServer(listener);
  const client = new CortensorClient({ baseUrl: url, apiKey: "k" });
  await expect(client.models()).rejects.toMatchObject({ code: "router-unreachable" });
});

test("a line that breaks within an answer says how far it came", async () => {
  const chunk = { id: "1", model: "m", choices: [{ delta: { content: "A dog" } }] };
  const url = await otherServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify(chunk)}\n\n`, () => response.destroy());
  });
  const client = new CortensorClient({ baseUrl: url, apiKey: "k" });
  await expect(client.complete(question)).rejects.toMatchObject({
    code: "router-unreachable",
    message: expect.stringMatching(/broke after 5 characters$/),
  });
});

test("an answer of any other OpenAI server is taken without the proof", async () => {
  const chunks = [
    { id: "1", model: "m", choices: [{ index: 0, delta: { content: "A " } }] },
    { id: "1", model: "m", choices: [{ index: 0, delta: { content: "dog" }, finish_reason: "length" }] },
  ];
  const url = await otherServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join("")}data: [DONE]\r\n\r\n`);
  });
  const answer = await new CortensorClient({ baseUrl: url, apiKey: "k" }).complete(question);
  expect(answer).toMatchObject({ text: "A dog", finishReason: "length", costCor: null, receipt: null, attempts: [] });
});

test("an event that is no part of an answer is a broken protocol", async () => {
  const url = await otherServer((_, response) => response.end('data: {"hello":1}\n\n'));
  const client = new CortensorClient({ baseUrl: url, apiKey: "k" });
  await expect(client.complete(question)).rejects.toMatchObject({ code: "peer-protocol" });
});

test("an abort rejects with its reason and reaches the router, as does leaving the loop", async () => {
  const { client, router } = await network();
  router.script = {
    words: ["a", "b"],
    async gate(index, signal) {
      if (index === 1 && !signal.aborted) await once(signal, "abort");
    },
  };
  const stop = new AbortController();
  const reason = new Error("enough");
  const onText = (): void => stop.abort(reason);
  await expect(client.complete(question, { signal: stop.signal, onText })).rejects.toBe(reason);
  for await (const event of client.stream(question)) if (event.type === "text") break;
  await expect.poll(() => router.runs.map(({ ended }) => ended)).toEqual(["finished", "finished"]);
  expect(router.runs.map(({ events, aborted }) => ({ events, aborted }))).toEqual([
    { events: 1, aborted: true },
    { events: 1, aborted: true },
  ]);
  await expect(client.models(AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("a record of a task that is none is not passed on", async () => {
  const url = await otherServer((_, response) => response.end('{"schema":"cortensor.task/2"}'));
  const client = new CortensorClient({ baseUrl: url, apiKey: "k" });
  const calls = [client.tasks({ state: "open" }), client.task("t_1"), client.explain("t_1"), client.cancelTask("t_1")];
  await Promise.all(calls.map((call) => expect(call).rejects.toMatchObject({ code: "peer-protocol" })));
});
