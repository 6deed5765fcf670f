import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { recover } from "../../../src/keys/index.ts";
import { parseBundle, verifyBundle } from "../../../src/protocol/receiptBundle.ts";
import { API_KEY, chat, httpServer } from "../../support/httpServer.ts";

interface Choices {
  readonly cortensor: { readonly cost_cor: string; readonly choices: readonly { index: number; receipt: unknown }[] };
}

describe("several choices", () => {
  test("come whole, in order, each with a receipt that holds and a seed of its own", async () => {
    const { router, url } = await httpServer();
    const ai = new OpenAI({ baseURL: `${url}/v1`, apiKey: API_KEY, maxRetries: 0 });
    const answer = await ai.chat.completions.create({
      model: "tiny",
      n: 3,
      seed: 9,
      messages: [{ role: "user", content: "What is a dog?" }],
    });
    expect(answer.choices.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
      [0, "stop"],
      [1, "stop"],
      [2, "stop"],
    ]);
    // The prompt is one and the same.
    expect(answer.usage).toEqual({ prompt_tokens: 7, completion_tokens: 9, total_tokens: 16 });
    const { cost_cor, choices } = (answer as unknown as Choices).cortensor;
    expect(cost_cor).toBe("0.0000252");
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const { receipt } of choices)
      expect(verifyBundle(parseBundle(receipt), { recover }).filter(({ ok }) => !ok)).toEqual([]);
    expect(router.requests.map(({ clientSeed }) => clientSeed)).toEqual([9n, 10n, 11n]);
    expect(new Set(router.requests.map(({ requestId }) => requestId)).size).toBe(3);
  });

  test("stream side by side, each chunk saying whose it is, with one end", async () => {
    const { url } = await httpServer();
    const ai = new OpenAI({ baseURL: `${url}/v1`, apiKey: API_KEY, maxRetries: 0 });
    const stream = await ai.chat.completions.create({
      model: "tiny",
      n: 2,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: "What is a dog?" }],
    });
    const texts = ["", ""];
    const ends: (number | undefined)[] = [];
    let usage: unknown;
    for await (const { choices, usage: told } of stream) {
      const [choice] = choices;
      if (choice !== undefined) texts[choice.index] += choice.delta.content ?? "";
      if (choice?.finish_reason === "stop") ends.push(choice.index);
      usage = told ?? usage;
    }
    expect(texts).toEqual(["A dog is a pet.", "A dog is a pet."]);
    expect(new Set(ends)).toEqual(new Set([0, 1]));
    expect(usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 6 });
  });

  test("are one error when one of them fails, and the others are called off", async () => {
    const { router, call } = await httpServer();
    const error = new Error("a bug");
    router.script = { words: ["a", "b"], fail: { at: 1, error } };
    const response = await call("/v1/chat/completions", { json: { ...chat(), n: 2 } });
    expect(response.status).toBe(500);
    expect(router.runs.map(({ ended }) => ended)).toEqual(["failed", "failed"]);
  });
});

test("a client may name a miner and ask for replicas; what is no address or too many is refused", async () => {
  const { router, call } = await httpServer();
  const ask = (headers: Record<string, string>) => call("/v1/chat/completions", { json: chat(), headers });
  const prefer = router.miner.address;
  expect((await ask({ "x-cortensor-prefer": prefer, "x-cortensor-redundancy": "3" })).status).toBe(200);
  expect(router.requests[0]).toMatchObject({ prefer, redundancy: 3 });
  expect((await ask({ "x-cortensor-prefer": "miner-1" })).status).toBe(400);
  expect((await ask({ "x-cortensor-redundancy": "99" })).status).toBe(400);
});
