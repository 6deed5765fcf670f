import { createServer, type ServerResponse } from "node:http";

/**
 * An inference server that costs nothing: it knows its answer. A whole answer is one write; a streamed one is a write a
 * token and an event-loop turn, as an engine that is infinitely fast would do it. Prints its port.
 */
const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (text: string) => (body += text));
  request.on("end", () => {
    const { max_tokens: tokens = 1, stream = false } = JSON.parse(body) as { max_tokens?: number; stream?: boolean };
    if (stream) void streamed(response, tokens);
    else whole(response, tokens);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
});

const COMMON = { id: "chatcmpl-bench", created: 1_700_000_000, model: "scripted" };

function whole(response: ServerResponse, tokens: number): void {
  const text = JSON.stringify({
    ...COMMON,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: " water".repeat(tokens) },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: { prompt_tokens: 40, completion_tokens: tokens, total_tokens: 40 + tokens },
  });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
}

async function streamed(response: ServerResponse, tokens: number): Promise<void> {
  const chunk = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({
      ...COMMON,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    })}\n\n`;
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let token = 0; token < tokens; token += 1) {
    response.write(chunk({ content: " water" }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end(`${chunk({}, "stop")}data: [DONE]\n\n`);
}
