import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { askChainId, FailoverRpc } from "../../../src/chain/ethers/failoverRpc.ts";

interface Request {
  readonly id: number;
  readonly method: string;
}

type Answer = (requests: readonly Request[], response: ServerResponse) => void;

/** An endpoint that answers as it is told to, and counts what it was asked. */
class FakeEndpoint {
  url = "";
  asked: string[] = [];
  messages = 0;
  answer: Answer = good;

  static async open(answer: Answer = good): Promise<FakeEndpoint> {
    const endpoint = new FakeEndpoint();
    endpoint.answer = answer;
    const server = createServer((request, response) => void endpoint.#take(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    });
    endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return endpoint;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await request.toArray()).join("")) as Request | Request[];
    const requests = [body].flat();
    this.messages += 1;
    this.asked.push(...requests.map(({ method }) => method));
    this.answer(requests, response);
  }
}

function reply(response: ServerResponse, answers: readonly object[]): void {
  response.end(JSON.stringify(answers.length === 1 ? answers[0] : answers));
}

function answerWith(values: (method: string) => object): Answer {
  return (requests, response) =>
    reply(
      response,
      requests.map(({ id, method }) => ({ jsonrpc: "2.0", id, ...values(method) })),
    );
}

function good(requests: readonly Request[], response: ServerResponse): void {
  answerWith((method) => ({ result: method === "eth_chainId" ? "0x5" : "0x2a" }))(requests, response);
}

function status(code: number): Answer {
  return (_, response) => response.writeHead(code).end("no");
}

function open(...endpoints: readonly FakeEndpoint[]): FailoverRpc {
  const rpc = new FailoverRpc(
    endpoints.map(({ url }) => url),
    5,
  );
  onTestFinished(() => rpc.close());
  return rpc;
}

test.each([
  ["HTTP 429", status(429)],
  ["HTTP 500", status(500)],
  ["the answer is no JSON-RPC", (_: unknown, response: ServerResponse) => response.end("<html>")],
  ["limit exceeded", answerWith(() => ({ error: { code: -32_005, message: "limit exceeded" } }))],
  ["it is chain 1, not 5", answerWith(() => ({ result: "0x1" }))],
])("the next endpoint is asked, and once it answered it is the first, when one says %s", async (why, answer) => {
  const [bad, fine] = [await FakeEndpoint.open(answer), await FakeEndpoint.open()];
  const rpc = open(bad, fine);
  expect(await rpc.call("eth_blockNumber", [])).toBe("0x2a");
  expect(rpc.endpoints()).toEqual([
    { url: bad.url, ok: false, error: why },
    { url: fine.url, ok: true },
  ]);
  const asked = bad.asked.length;
  await rpc.call("eth_blockNumber", []);
  expect(bad.asked.length).toBe(asked);
});

test("a refusal is an answer, which no other endpoint is asked for", async () => {
  const refusing = await FakeEndpoint.open(
    answerWith((method) =>
      method === "eth_chainId" ? { result: "0x5" } : { error: { code: 3, message: "reverted" } },
    ),
  );
  const other = await FakeEndpoint.open();
  const rpc = open(refusing, other);
  await expect(rpc.call("eth_call", [{}])).rejects.toMatchObject({ code: "CALL_EXCEPTION" });
  expect(other.asked).toEqual([]);
  expect(rpc.endpoints()[0]).toMatchObject({ ok: true });
});

test("an endpoint that fails later gives way, and comes back when the other fails", async () => {
  const [one, two] = [await FakeEndpoint.open(), await FakeEndpoint.open()];
  const rpc = open(one, two);
  await rpc.call("eth_blockNumber", []);
  one.answer = status(503);
  expect(await rpc.call("eth_blockNumber", [])).toBe("0x2a");
  [one.answer, two.answer] = [good, status(503)];
  expect(await rpc.call("eth_blockNumber", [])).toBe("0x2a");
  one.answer = status(503);
  await expect(rpc.call("eth_blockNumber", [])).rejects.toMatchObject({
    code: "rpc-unreachable",
    details: {
      why: [
        ["why", `${one.url}: HTTP 503`],
        ["why", `${two.url}: HTTP 503`],
      ],
    },
  });
});

test("an endpoint is asked for its chain again after it was away", async () => {
  const endpoint = await FakeEndpoint.open();
  const rpc = open(endpoint);
  await rpc.call("eth_blockNumber", []);
  endpoint.answer = status(503);
  await expect(rpc.call("eth_blockNumber", [])).rejects.toMatchObject({ code: "rpc-unreachable" });
  endpoint.answer = answerWith(() => ({ result: "0x6" }));
  await expect(rpc.call("eth_blockNumber", [])).rejects.toMatchObject({ code: "rpc-unreachable" });
  expect(endpoint.asked.slice(-1)).toEqual(["eth_chainId"]);
});

test("calls of one instant share a few messages", async () => {
  const endpoint = await FakeEndpoint.open();
  const rpc = open(endpoint);
  await rpc.call("eth_blockNumber", []);
  const before = endpoint.messages;
  await Promise.all(Array.from({ length: 40 }, () => rpc.call("eth_blockNumber", [])));
  expect(endpoint.messages - before).toBe(2);
});

test("what an address holds beside the host is a secret, and not part of errors", async () => {
  const endpoint = await FakeEndpoint.open(status(401));
  const rpc = new FailoverRpc([`${endpoint.url}/v3/0123456789abcdef?key=hidden`], 5);
  const error: unknown = await rpc.call("eth_blockNumber", []).catch((thrown: unknown) => thrown);
  expect(JSON.stringify((error as { details: unknown }).details)).not.toMatch(/0123456789abcdef|hidden/);
});

test("without an expectation the chain is asked for", async () => {
  expect(await askChainId([(await FakeEndpoint.open(status(500))).url, (await FakeEndpoint.open()).url])).toBe(5);
});
