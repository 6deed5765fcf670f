import { expect, test } from "vitest";
import { accountOf } from "../../../src/router/http/apiKeys.ts";
import { API_KEY, httpServer } from "../../support/httpServer.ts";
import { attemptTrace, minerOf, taskOf, taskTrace } from "../../support/traces.ts";

const account = accountOf(API_KEY);
const RUNNING = { status: "running", attempts: 1, outputTokens: 41, miner: minerOf("1") } as const;

async function withTasks() {
  const server = await httpServer({ apiKeys: [API_KEY, "ck_other"] });
  server.router.traces = [
    taskTrace({ id: taskOf("9c40"), account, state: RUNNING, durationMs: 0, outputTokens: 0, promptTokens: 0 }),
    taskTrace({ id: taskOf("9c37"), account }),
    taskTrace({
      id: taskOf("9c371"),
      account,
      state: { status: "failed", attempts: 1, outputTokens: 0, code: "timeout" },
    }),
    taskTrace({ id: taskOf("ffff"), account: accountOf("ck_other") }),
  ];
  const get = async (path: string): Promise<{ status: number; body: Record<string, never> }> => {
    const response = await server.call(path);
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  };
  return { ...server, get };
}

test("a key sees its own tasks, the newest first, by state and as many as it asks for", async () => {
  const { get } = await withTasks();
  const listed = async (query: string): Promise<unknown> => {
    const { total, tasks } = (await get(`/api/v1/tasks${query}`)).body as unknown as {
      total: number;
      tasks: { short_id: string }[];
    };
    return [total, tasks.map((task) => task.short_id)];
  };
  expect((await get("/api/v1/tasks")).body.schema).toBe("cortensor.tasks/1");
  expect(await listed("")).toEqual([3, ["t_9c40", "t_9c370", "t_9c371"]]);
  expect(await listed("?limit=1")).toEqual([3, ["t_9c40"]]);
  expect(await listed("?state=open")).toEqual([1, ["t_9c40"]]);
  expect(await listed("?state=failed")).toEqual([1, ["t_9c371"]]);
  expect(await listed("?state=cancelled")).toEqual([0, []]);
  expect((await get("/api/v1/tasks?state=lost")).status).toBe(400);
  expect((await get("/api/v1/tasks?limit=0")).status).toBe(400);
});

test("one task in short: who, how far, how fast, what it cost", async () => {
  const { get } = await withTasks();
  expect((await get("/api/v1/tasks/t_9c370")).body).toEqual({
    schema: "cortensor.task/1",
    id: taskOf("9c37"),
    short_id: "t_9c370",
    model: "qwen3-8b-q4_k_m",
    state: "closed",
    finish: "stop",
    code: null,
    stopped_by: null,
    created_at: "2026-11-24T14:02:22.000Z",
    miner: minerOf("1"),
    attempt_count: 1,
    prompt_tokens: 230,
    output_tokens: 128,
    ttft_ms: 214,
    duration_ms: 3054,
    tokens_per_second: 44.7,
    cost_cor: "0.00033054",
    receipt: "r_8fa20000",
  });
  expect((await get("/api/v1/tasks/t_9c4")).body).toMatchObject({
    state: "running",
    finish: null,
    prompt_tokens: null,
    output_tokens: 41,
    duration_ms: null,
    tokens_per_second: null,
  });
});

test("an explanation has every decision, time and part of the price", async () => {
  const { get } = await withTasks();
  const { body } = await get(`/api/v1/tasks/${taskOf("9c37")}/explain`);
  expect(body).toMatchObject({
    schema: "cortensor.explain/1",
    fees_cor: "0.0003148",
    margin_cor: "0.00001574",
    cost_cor: "0.00033054",
    receipt: "r_8fa20000",
  });
  expect(body.attempts).toEqual([
    {
      attempt: 0,
      cause: "first",
      miner: minerOf("1"),
      queued_ms: 0,
      sent_ms: 2,
      ack_ms: 40,
      ttft_ms: 212,
      duration_ms: 3052,
      from_token: 0,
      to_token: 128,
      end: "stop",
      why: null,
      drawn: [
        {
          miner: minerOf("1"),
          expected_ms: 2960,
          rtt_ms: 34,
          prompt_ms: 90,
          answer_ms: 2836,
          prefix_match: 0.62,
          reputation: 0.99,
        },
        {
          miner: minerOf("2"),
          expected_ms: 3181,
          rtt_ms: 41,
          prompt_ms: 230,
          answer_ms: 2910,
          prefix_match: 0,
          reputation: 0.5,
        },
      ],
      passed_over: [
        { miner: minerOf("3"), reason: "price", unit: "cor_per_million", needed: "2", found: "3" },
        { miner: minerOf("4"), reason: "circuit", unit: null, needed: null, found: null },
        { miner: minerOf("2"), reason: "cost", unit: "ms", needed: 2960, found: 3181 },
      ],
      passed_over_unlisted: 0,
      scanned: false,
      explored: false,
      free_slots: 61,
      free_miners: 37,
      prompt_cor_per_million: "0.2",
      output_cor_per_million: "2.1",
      prompt_tokens_paid: 230,
      output_tokens_paid: 128,
      prompt_cor: "0.000046",
      output_cor: "0.0002688",
      fee_cor: "0.0003148",
    },
  ]);
});

test("an attempt that ended badly says why, and a miner's own words are not repeated", async () => {
  const { get, router } = await withTasks();
  const bad = { end: "task-failed", feeWei: 0n };
  router.traces = [
    taskTrace({
      account,
      attempts: [
        attemptTrace({ ...bad, message: "miner 0x11 sent nothing for 1000 ms" }),
        attemptTrace({ ...bad, message: 'miner 0x11: cannot say "My secret prompt"', reason: "engine-broken" }),
        attemptTrace({ ...bad, message: "miner 0x11: no", reason: "My secret prompt" }),
      ],
    }),
  ];
  const { body } = await get("/api/v1/tasks/t_9c37/explain");
  expect((body.attempts as unknown as { why: string }[]).map(({ why }) => why)).toEqual([
    "miner 0x11 sent nothing for 1000 ms",
    "the miner's reason: engine-broken",
    "the miner's reason: not a code",
  ]);
  expect(JSON.stringify(body)).not.toContain("secret");
});

test("an answer that was cut short is cancelled, and says by whom", async () => {
  const { get, router } = await withTasks();
  const state = { status: "closed", attempts: 1, outputTokens: 41, miner: minerOf("1"), finish: "cancelled" } as const;
  router.traces = [taskTrace({ account, state, stoppedBy: "command" })];
  expect((await get("/api/v1/tasks/t_9c37")).body).toMatchObject({ state: "cancelled", stopped_by: "command" });
  expect((await get("/api/v1/tasks?state=cancelled")).body.total).toBe(1);
});

test.each(["t_ffff", "t_1234", "t_", "9c40", "t_zz", `0x${"12".repeat(32)}`])(
  "%s is no task of this key",
  async (id) => {
    const { get, call } = await withTasks();
    const missing = { status: 404, body: { error: { code: "task-missing", type: "invalid_request_error" } } };
    expect(await get(`/api/v1/tasks/${id}`)).toMatchObject(missing);
    expect(await get(`/api/v1/tasks/${id}/explain`)).toMatchObject(missing);
    expect((await call(`/api/v1/tasks/${id}/cancel`, { method: "POST" })).status).toBe(404);
  },
);

test("a beginning that several tasks have names them", async () => {
  const { get } = await withTasks();
  const { status, body } = await get("/api/v1/tasks/t_9c37");
  expect(status).toBe(404);
  expect(body).toMatchObject({
    cortensor: { message: "several tasks of this key begin with t_9c37", data: { found: ["t_9c370", "t_9c371"] } },
  });
});

test("a task that runs can be cancelled by its key, one that is over cannot", async () => {
  const { call, router } = await withTasks();
  const cancel = (id: string, key = API_KEY): Promise<Response> =>
    call(`/api/v1/tasks/${id}/cancel`, { method: "POST", headers: { authorization: `Bearer ${key}` } });
  expect((await cancel("t_9c40", "ck_other")).status).toBe(404);
  expect(router.cancelled).toEqual([]);
  const accepted = await cancel("t_9c40");
  expect(accepted.status).toBe(202);
  expect(await accepted.json()).toMatchObject({ schema: "cortensor.task/1", id: taskOf("9c40") });
  expect(router.cancelled).toEqual([taskOf("9c40")]);
  const over = await cancel("t_9c370");
  expect(over.status).toBe(409);
  expect(await over.json()).toMatchObject({
    error: { code: "task-over", message: "the task t_9c370 is over: closed. Try: cortensor task explain t_9c370" },
  });
});

test("nothing of it is told without a key", async () => {
  const { url } = await withTasks();
  for (const path of ["", "/t_9c40", "/t_9c40/explain"])
    expect((await fetch(`${url}/api/v1/tasks${path}`)).status).toBe(401);
  expect((await fetch(`${url}/api/v1/tasks/t_9c40/cancel`, { method: "POST" })).status).toBe(401);
});
