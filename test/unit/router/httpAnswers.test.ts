import { expect, test } from "vitest";
import { chat, httpServer } from "../../support/httpServer.ts";

test("an answer in one piece has OpenAI's fields, the usage and the proof", async () => {
  const { call } = await httpServer();
  const response = await call("/v1/chat/completions", { json: chat() });
  expect(response.status).toBe(200);
});
