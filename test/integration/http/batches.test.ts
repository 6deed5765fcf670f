import { cpSync, readdirSync } from "node:fs";
import OpenAI, { BadRequestError, NotFoundError, toFile } from "openai";
import { describe, expect, onTestFinished, test } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";
import { createHttpServer } from "../../../src/router/http/index.ts";
import { systemClock } from "../../../src/util/clock.ts";
import { parseCor } from "../../../src/util/money.ts";
import { testFolder } from "../../support/folder.ts";
import { API_KEY, httpServer } from "../../support/httpServer.ts";
import { RoleNetwork } from "../../support/roleNetwork.ts";

const OTHER_KEY = "ck_other";
type Batch = OpenAI.Batches.Batch;

function clientOf(url: string, apiKey = API_KEY): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}

async function server(limits: { fileBytes?: number; accountBytes?: number; lines?: number } = {}) {
  const folder = testFolder();
  const options = { apiKeys: [API_KEY, OTHER_KEY], batches: { folder, ...limits } };
  const { url, router, http } = await httpServer(options);
  return { folder, router, http, url, ai: clientOf(url), other: clientOf(url, OTHER_KEY) };
}

const line = (id: string, content: string, more: object = {}) => ({
  custom_id: id,
  method: "POST",
  url: "/v1/chat/completions",
  body: { messages: [{ role: "user", content }], ...more },
});
const numbered = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, at) => line(`id-${at}`, `prompt ${at}`, more));
const jsonl = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join("");

async function upload(ai: OpenAI, content: string): Promise<string> {
  const { id } = await ai.files.create({ file: await toFile(Buffer.from(content), "in.jsonl"), purpose: "batch" });
  return id;
}

async function begin(ai: OpenAI, records: readonly object[]): Promise<Batch> {
  return await ai.batches.create({
    input_file_id: await upload(ai, jsonl(records)),
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
}

async function ended(ai: OpenAI, { id }: Batch): Promise<Batch> {
  const over = ["completed", "failed", "expired", "cancelled"];
  for (;;) {
    const batch = await ai.batches.retrieve(id);
    if (over.includes(batch.status)) return batch;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface Output {
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly body: {
      readonly choices: readonly { readonly message: { readonly content: string } }[];
      readonly cortensor: { readonly cost_cor: string; readonly receipt: { readonly id: string } };
      readonly error?: { readonly code: string };
    };
  };
}

async function outputs(ai: OpenAI, file: string | undefined): Promise<readonly Output[]> {
  const text = await (await ai.files.content(file ?? "")).text();
  return text
    .trimEnd()
    .split("\n")
    .map((each) => JSON.parse(each) as Output);
}

describe("a batch", () => {
  test("of the official client is answered as its requests would be, in order", async () => {
    const { ai, router, folder } = await server();
    const lines = numbered(9, { max_tokens: 9, stream: true });
    const created = await begin(ai, lines);
    expect(created).toMatchObject({ object: "batch", status: "validating", completion_window: "24h" });
    const batch = await ended(ai, created);
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 9, completed: 9, failed: 0 },
      error_file_id: null,
      in_progress_at: expect.any(Number),
      completed_at: expect.any(Number),
    });
    const answers = await outputs(ai, batch.output_file_id);
    expect(answers.map(({ custom_id: id }) => id)).toEqual(lines.map(({ custom_id: id }) => id));
    expect(answers[0]?.response).toMatchObject({
      status_code: 200,
      body: { object: "chat.completion", usage: { total_tokens: 10 }, cortensor: { cost_cor: "0.0000084" } },
    });
    expect(router.requests).toHaveLength(9);
    const [account = ""] = readdirSync(folder);
    const parts = (): string[] => readdirSync(`${folder}/${account}`).filter((name) => name.endsWith(".part"));
    // What is over is said first and tidied up then.
    await expect.poll(parts).toEqual([]);
  });

  test("has lines that fail in a file of their own", async () => {
    const { ai, router } = await server();
    const batch = await ended(
      ai,
      await begin(ai, [line("good", "Hi"), line("hot", "Hi", { temperature: 9 }), line("empty", "")]),
    );
    expect(batch).toMatchObject({ status: "completed", request_counts: { total: 3, completed: 1, failed: 2 } });
    expect((await outputs(ai, batch.output_file_id)).map(({ custom_id: id }) => id)).toEqual(["good"]);
    const failed = await outputs(ai, batch.error_file_id);
    expect(failed.map(({ custom_id: id, response }) => [id, response.status_code, response.body.error?.code])).toEqual([
      ["hot", 400, "bad-request"],
      ["empty", 400, "prompt-missing"],
    ]);
    expect(router.requests).toHaveLength(1);
  });

  test("whose file is wrong fails and says where", async () => {
    const { ai } = await server({ lines: 3 });
    const wrong = [line("a", "Hi"), line("a", "Hi"), { ...line("b", "Hi"), url: "/v1/completions" }];
    const id = await upload(ai, `${jsonl(wrong)}nonsense\n`);
    const request = { input_file_id: id, endpoint: "/v1/chat/completions", completion_window: "24h" } as const;
    const batch = await ended(ai, await ai.batches.create(request));
    expect(batch.status).toBe("failed");
    expect(batch.errors?.data?.map(({ code, line: at }) => [code, at])).toEqual([
      ["duplicate_custom_id", 2],
      ["mismatched_endpoint", 3],
      ["invalid_json_line", 4],
    ]);
    const many = await ended(
      ai,
      await begin(
        ai,
        ["a", "b", "c", "d"].map((each) => line(each, "Hi")),
      ),
    );
    expect(many.errors?.data?.map(({ code }) => code)).toEqual(["too_many_requests"]);
  });

  test("waits while every slot is taken or nobody serves, and asks a broken task again", async () => {
    const { ai, router } = await server();
    const errors = [
      new CortensorError("rate-limited", "every slot is taken"),
      new CortensorError("no-capacity", "no miner"),
      new CortensorError("model-unserved", "nobody yet"),
      new CortensorError("task-failed", "it broke"),
    ];
    router.script = {
      words: ["fine"],
      async gate() {
        const error = errors.shift();
        if (error !== undefined) throw await Promise.resolve(error);
      },
    };
    expect(await ended(ai, await begin(ai, [line("a", "Hi")]))).toMatchObject({ request_counts: { completed: 1 } });
    expect(router.runs).toHaveLength(5);
  });

  test("takes no slot that is not free, nor one that a person waits for", async () => {
    const { ai, router, url } = await server();
    const gate = Promise.withResolvers<void>();
    router.script = { words: ["a"], gate: () => gate.promise };
    const person = clientOf(url).chat.completions.create({
      model: "tiny",
      messages: [{ role: "user", content: "Me" }],
    });
    await expect.poll(() => router.runs.length).toBe(1);
    const running = (): number => router.runs.filter((run) => run.ended === "running").length;
    let most = 0;
    router.script = {
      words: ["a"],
      async gate() {
        most = Math.max(most, running());
        await new Promise((resolve) => setTimeout(resolve, 5));
      },
    };
    // The person's request has no token yet, so it counts as waiting too: of five slots that leaves three.
    router.slots = () => ({ busy: running(), total: 5 });
    await ended(ai, await begin(ai, numbered(12)));
    expect(most).toBe(1 + 3);
    gate.resolve();
    await person;
  });

  test("that is cancelled begins no more lines and gives out what it has", async () => {
    const { ai, router } = await server();
    const gate = Promise.withResolvers<void>();
    router.slots = () => ({ busy: router.runs.filter((run) => run.ended === "running").length, total: 2 });
    router.script = { words: ["a"], gate: () => gate.promise };
    const created = await begin(ai, numbered(9));
    await expect.poll(() => router.runs.length).toBe(2);
    expect(await ai.batches.cancel(created.id)).toMatchObject({ status: "cancelling" });
    gate.resolve();
    const batch = await ended(ai, created);
    expect(batch).toMatchObject({ status: "cancelled", request_counts: { total: 9, completed: 2, failed: 0 } });
    expect(await outputs(ai, batch.output_file_id)).toHaveLength(2);
    expect(router.runs).toHaveLength(2);
  });
});

describe("files and batches of a key", () => {
  test("are listed, fetched and deleted", async () => {
    const { ai } = await server();
    const ids = [await upload(ai, "a\n"), await upload(ai, "b\n"), await upload(ai, "c\n")];
    expect((await ai.files.list()).data.map(({ id }) => id)).toEqual(ids.toReversed());
    expect((await ai.files.list({ limit: 2 })).hasNextPage()).toBe(true);
    expect(await ai.files.retrieve(ids[0] ?? "")).toMatchObject({ bytes: 2, filename: "in.jsonl", purpose: "batch" });
    expect(await (await ai.files.content(ids[1] ?? "")).text()).toBe("b\n");
    expect(await ai.files.delete(ids[0] ?? "")).toEqual({ id: ids[0], object: "file", deleted: true });
    await expect(ai.files.retrieve(ids[0] ?? "")).rejects.toBeInstanceOf(NotFoundError);
    const batch = await ended(ai, await begin(ai, [line("a", "Hi")]));
    expect((await ai.batches.list()).data.map(({ id }) => id)).toEqual([batch.id]);
  });

  test("are nobody else's", async () => {
    const { ai, other } = await server();
    const batch = await ended(ai, await begin(ai, [line("a", "Hi")]));
    const files = [batch.input_file_id, batch.output_file_id ?? ""];
    for (const id of files) {
      await expect(other.files.retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
      await expect(other.files.content(id)).rejects.toBeInstanceOf(NotFoundError);
      await expect(other.files.delete(id)).rejects.toBeInstanceOf(NotFoundError);
    }
    await expect(other.batches.retrieve(batch.id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(other.batches.cancel(batch.id)).rejects.toBeInstanceOf(NotFoundError);
    const request = { endpoint: "/v1/chat/completions", completion_window: "24h" } as const;
    const stolen = other.batches.create({ ...request, input_file_id: files[0] ?? "" });
    await expect(stolen).rejects.toBeInstanceOf(BadRequestError);
    expect([(await other.files.list()).data, (await other.batches.list()).data]).toEqual([[], []]);
    await expect(ai.files.retrieve("../../etc/passwd")).rejects.toBeInstanceOf(NotFoundError);
  });

  test("have limits, and what is refused leaves nothing behind", async () => {
    const { ai, other, folder } = await server({ fileBytes: 1000, accountBytes: 1500 });
    const refused = { status: 413, code: "body-too-large" };
    await expect(upload(ai, "x".repeat(1001))).rejects.toMatchObject(refused);
    await upload(ai, "x".repeat(1000));
    await expect(upload(ai, "x".repeat(501))).rejects.toMatchObject(refused);
    await upload(other, "x".repeat(501));
    const file = await toFile(Buffer.from("x"), "in.jsonl");
    await expect(ai.files.create({ file, purpose: "fine-tune" })).rejects.toMatchObject({
      status: 400,
      param: "purpose",
    });
    const kept = readdirSync(folder, { recursive: true }).filter((name) => String(name).includes("file-"));
    expect(kept).toHaveLength(4);
  });

  test("cannot be sent in another form, and a file in use stays", async () => {
    const { ai, router, url } = await server();
    const headers = { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" };
    const json = await fetch(`${url}/v1/files`, { method: "POST", headers, body: "{}" });
    expect([json.status, await json.json()]).toMatchObject([415, { error: { code: "bad-request" } }]);
    const gate = Promise.withResolvers<void>();
    router.script = { words: ["a"], gate: () => gate.promise };
    const batch = await begin(ai, [line("a", "Hi")]);
    await expect(ai.files.delete(batch.input_file_id)).rejects.toMatchObject({ status: 409 });
    gate.resolve();
    await ended(ai, batch);
    await ai.files.delete(batch.input_file_id);
  });
});

test("a batch goes on after its router was killed, and every line is answered once and paid once", async () => {
  const roles = await RoleNetwork.create();
  onTestFinished(() => roles.stop());
  await roles.addMiner({ script: "rate=400,length=40" });
  await roles.addMiner({ script: "rate=400,length=40" });
  let folder = testFolder();
  const serve = async (): Promise<{ ai: OpenAI; stop: () => Promise<void> }> => {
    const metrics = createMetrics();
    const http = createHttpServer(
      {
        host: "127.0.0.1",
        port: 0,
        bodyBytes: 4_194_304,
        requestsPerMinute: 100_000,
        cors: "",
        apiKeys: [API_KEY],
        network: "memory",
        practice: true,
        software: "test",
        drainMs: 0,
        batches: { folder },
      },
      {
        router: roles.router,
        metrics,
        log: createSilentLog(),
        clock: systemClock,
        signer: roles.routerSigner,
        chain: roles.chain,
      },
    );
    await http.start();
    return {
      ai: clientOf(http.url),
      async stop() {
        await http.stop();
        metrics.close();
      },
    };
  };
  let now = await serve();
  const total = 60;
  const created = await begin(now.ai, numbered(total, { max_tokens: 60 }));
  for (const at of [10, 30]) {
    const done = async (): Promise<number> =>
      (await now.ai.batches.retrieve(created.id)).request_counts?.completed ?? 0;
    await expect.poll(done, { interval: 2, timeout: 20_000 }).toBeGreaterThanOrEqual(at);
    // The books and the files of one instant: what the dead process still does is lost.
    const left = testFolder();
    cpSync(folder, left, { recursive: true });
    const killed = roles.killRouter();
    await Promise.all([now.stop(), killed]);
    folder = left;
    await roles.startRouter();
    await roles.untilConnected(2);
    now = await serve();
  }
  onTestFinished(() => now.stop());
  const batch = await ended(now.ai, created);
  expect(batch).toMatchObject({ status: "completed", request_counts: { total, completed: total, failed: 0 } });
  const answers = await outputs(now.ai, batch.output_file_id);
  expect(answers.map(({ custom_id: id }) => id)).toEqual(Array.from({ length: total }, (_, at) => `id-${at}`));
  expect(new Set(answers.map(({ response }) => response.body.cortensor.receipt.id)).size).toBe(total);
  const costs = answers.reduce((sum, { response }) => sum + (parseCor(response.body.cortensor.cost_cor) ?? 0n), 0n);
  expect(roles.sums().fromClients).toBe(costs);
});
