import { once } from "node:events";
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from "openai";
import { expect, test } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { API_KEY, httpServer } from "../../support/httpServer.ts";

const messages = [{ role: "user", content: "What is a dog?" }] as const;

async function network(options: Parameters<typeof httpServer>[0] = {}) {
  const { url, router, http } = await httpServer(options);
  const client = (apiKey = API_KEY): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
  return { router, http, client, ai: client() };
}

test("the official client gets the same answer whole and streamed", async () => {
  const { ai } = await network();
  const whole = await ai.chat.completions.create({ model: "tiny", messages: [...messages], seed: 7 });
  expect(whole.choices[0]?.message.content).toBe("A dog is a pet.");
  expect(whole.usage).toEqual({ prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 });
  expect(whole).toHaveProperty("cortensor.receipt.schema", "cortensor.receipt/1");

  const stream = await ai.chat.completions.create({
    model: "tiny",
    messages: [...messages],
    seed: 7,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let usage: unknown;
  let receipt: unknown;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
    receipt = (chunk as { cortensor?: { receipt?: unknown } }).cortensor?.receipt ?? receipt;
  }
  expect(text).toBe("A dog is a pet.");
  expect(usage).toEqual(whole.usage);
  expect(receipt).toHaveProperty("text", text);
});

test("the official client's own collecting of a stream accepts every chunk", async () => {
  const { ai } = await network();
  const stream = ai.chat.completions.stream({
    model: "tiny",
    messages: [...messages],
    stream_options: { include_usage: true },
  });
  const final = await stream.finalChatCompletion();
  expect(final.choices[0]?.message.content).toBe("A dog is a pet.");
  expect(final.choices[0]?.finish_reason).toBe("stop");
  expect(final.usage?.total_tokens).toBe(10);
});

test("text completions", async () => {
  const { ai } = await network();
  const whole = await ai.completions.create({ model: "tiny", prompt: "A dog" });
  expect(whole.choices[0]?.text).toBe("A dog is a pet.");
  let text = "";
  for await (const chunk of await ai.completions.create({ model: "tiny", prompt: "A dog", stream: true }))
    text += chunk.choices[0]?.text ?? "";
  expect(text).toBe("A dog is a pet.");
});

test("models are listed and found, and one that nobody serves is a NotFoundError", async () => {
  const { ai, router } = await network();
  expect((await ai.models.list()).data.map(({ id }) => id)).toEqual(["tiny"]);
  expect(await ai.models.retrieve("tiny")).toMatchObject({ id: "tiny", object: "model", owned_by: "cortensor" });
  await expect(ai.models.retrieve("meta/llama 3")).rejects.toBeInstanceOf(NotFoundError);
  const error = new CortensorError("model-unserved", 'nobody serves "gpt-4o" here', { try: "cortensor miner start" });
  router.script = { words: [], fail: { at: 0, error } };
  const asked = ai.chat.completions.create({ model: "gpt-4o", messages: [...messages] });
  await expect(asked).rejects.toBeInstanceOf(NotFoundError);
  await expect(asked).rejects.toMatchObject({ status: 404, code: "model-unserved", type: "invalid_request_error" });
});

test("errors are the client's own classes, with our code", async () => {
  const { client, router, ai } = await network({ requestsPerMinute: 3 });
  await expect(client("wrong").models.list()).rejects.toBeInstanceOf(AuthenticationError);
  const bad = ai.chat.completions.create({ model: "tiny", messages: [...messages], n: 99 });
  await expect(bad).rejects.toBeInstanceOf(BadRequestError);
  await expect(bad).rejects.toMatchObject({ param: "n", requestID: expect.stringMatching(/./) });
  const error = new CortensorError("rate-limited", "every slot is taken", { data: { retryAfterS: 3 } });
  router.script = { words: [], fail: { at: 0, error } };
  const busy = ai.chat.completions.create({ model: "tiny", messages: [...messages], stream: true });
  await expect(busy).rejects.toBeInstanceOf(RateLimitError);
  await ai.models.list();
  await expect(ai.models.list()).rejects.toBeInstanceOf(RateLimitError);
});

test("the official client's retry waits as told and then succeeds", async () => {
  const { client, router } = await network();
  const error = new CortensorError("rate-limited", "every slot is taken", { data: { retryAfterS: 1 } });
  router.script = {
    ...router.script,
    async gate(index) {
      if (index === 0 && router.runs.length === 1) throw await Promise.resolve(error);
    },
  };
  const ai = client().withOptions({ maxRetries: 1 });
  const answer = await ai.chat.completions.create({ model: "tiny", messages: [...messages] });
  expect(answer.choices[0]?.message.content).toBe("A dog is a pet.");
  expect(router.runs.map(({ ended }) => ended)).toEqual(["failed", "finished"]);
});

test("an error within a stream is thrown by the client", async () => {
  const { ai, router } = await network();
  const error = new CortensorError("task-failed", "the answer broke off after 1 tokens");
  router.script = { words: ["a", "b"], fail: { at: 1, error } };
  const stream = await ai.chat.completions.create({ model: "tiny", messages: [...messages], stream: true });
  const read = (async () => {
    for await (const _ of stream);
  })();
  await expect(read).rejects.toBeInstanceOf(APIError);
  await expect(read).rejects.toMatchObject({ code: "task-failed" });
});

test("an abort within a stream stops the answer before its next word, and what was given is booked", async () => {
  const { ai, router } = await network();
  router.script = {
    words: ["a", "b", "c", "d"],
    async gate(index, signal) {
      if (index === 2 && !signal.aborted) await once(signal, "abort");
    },
  };
  const stream = await ai.chat.completions.create({ model: "tiny", messages: [...messages], stream: true });
  let text = "";
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    if (text === "ab") stream.controller.abort();
  }
  await expect.poll(() => router.runs[0]).toEqual({ events: 2, aborted: true, ended: "finished" });
});

test("a reader that is slow gets every word of a long answer, which is held back meanwhile", async () => {
  const { ai, router } = await network();
  const word = "x".repeat(65_536);
  const words = Array.from({ length: 300 }, () => word);
  router.script = { words };
  const response = await ai.chat.completions
    .create({ model: "tiny", messages: [...messages], stream: true })
    .asResponse();
  // Nothing is read, so the sockets fill up: 300 words are 20 MB, far more than their buffers hold.
  let before = -1;
  for (let same = 0; same < 20; ) {
    const now = router.runs[0]?.events ?? 0;
    same = now === before ? same + 1 : 0;
    before = now;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(before).toBeLessThan(300);
  expect((await response.text()).match(/"content":"x{65536}"/g)).toHaveLength(300);
  expect(router.runs[0]?.ended).toBe("finished");
});
