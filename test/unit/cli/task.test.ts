import { expect, test } from "vitest";
import { accountOf } from "../../../src/router/http/apiKeys.ts";
import type { TaskTrace } from "../../../src/router/trace.ts";
import { runLine } from "../../support/commandLine.ts";
import { homeWithRouter } from "../../support/homeWithRouter.ts";
import { API_KEY } from "../../support/httpServer.ts";
import { attemptTrace, minerOf, taskOf, taskTrace } from "../../support/traces.ts";

const account = accountOf(API_KEY);

/** A home whose router knows these tasks, the newest first. */
async function homeWithTasks(...changes: readonly Partial<TaskTrace>[]) {
  const server = await homeWithRouter();
  server.router.traces = changes.map((change) => taskTrace({ account, createdAt: Date.now() - 9000, ...change }));
  const run = async (...argv: string[]) => await runLine(["task", ...argv], { home: server.home });
  return { ...server, run };
}

test("task list shows the newest first, a node of this home by its name", async () => {
  const { router, run } = await homeWithTasks({}, { id: taskOf("9b20") });
  const miner = router.miner.address;
  router.traces = router.traces.map((trace, at) => (at === 0 ? { ...trace, state: { ...trace.state, miner } } : trace));
  const { exitCode, stdout } = await run("list");
  expect(exitCode).toBe(0);
  const rows = stdout.split("\n").map((line) => line.replace(/ {2,}/g, "|"));
  expect(rows[0]).toBe("Task|Age|State|Miner|Model|In|Out|First token|Cost");
  expect(rows[1]).toMatch(/^t_9c37\|9\.\d s\|closed\|miner-1\|qwen3-8b-q4_k_m\|230\|128\|214 ms\|0\.00033 COR$/);
  expect(rows[2]).toMatch(/^t_9b20\|.*\|0x1111…1111\|/);
});

test("task list says what it leaves out, and that there is nothing", async () => {
  const { run } = await homeWithTasks({}, { id: taskOf("9b20") });
  expect((await run("list", "--limit", "1")).stderr).toContain("1 of 2, all with --limit 2");
  expect(await run("list", "--state", "failed")).toMatchObject({ exitCode: 0, stdout: "" });
  expect((await run("list", "--state", "lost")).exitCode).toBe(2);
});

test("task show and task explain take the beginning of an id, and print the router's record with --json", async () => {
  const { run } = await homeWithTasks({});
  const shown = await run("show", "t_9c37");
  expect(shown.stdout).toContain(`task      ${taskOf("9c37")}\n`);
  expect(shown.stdout).toContain("cost      0.00033054 COR\n");
  expect(JSON.parse((await run("show", "t_9c", "--json")).stdout)).toMatchObject({
    schema: "cortensor.task/1",
    id: taskOf("9c37"),
  });
  const explained = await run("explain", "t_9c", "--json");
  expect(JSON.parse(explained.stdout)).toMatchObject({
    schema: "cortensor.explain/1",
    attempts: [{ miner: minerOf("1"), fee_cor: "0.0003148" }],
  });
});

test("task explain --last is about the newest", async () => {
  const { run } = await homeWithTasks({ id: taskOf("aaaa"), attempts: [attemptTrace()] }, {});
  const { stdout } = await run("explain", "--last");
  expect(stdout).toMatch(/^t_aaaa {5}qwen3-8b-q4_k_m · 230 in, 128 out · first token 214 ms · 1 attempt\nchosen/);
});

test("task explain without a task says what to give", async () => {
  const { run } = await homeWithTasks();
  expect(await run("explain", "--last")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("cortensor submit"),
  });
  expect((await run("explain")).stderr).toContain("error[argument-missing]");
  expect((await run("explain", "t_9c37", "--last")).stderr).toContain("error[argument-extra]");
  expect((await run("explain", "t_9c37")).stderr).toContain("error[task-missing]: this key has no task t_9c37");
});

test("task cancel waits for the end and says what it cost", async () => {
  const { router, run } = await homeWithTasks({
    state: { status: "running", attempts: 1, outputTokens: 41, miner: minerOf("1") },
  });
  router.onCancel = () => {
    const state = { status: "closed", attempts: 1, outputTokens: 42, finish: "cancelled" } as const;
    router.traces = router.traces.map((trace) => ({ ...trace, state, outputTokens: 42, stoppedBy: "command" }));
  };
  expect(await run("cancel", "t_9c37")).toMatchObject({
    exitCode: 0,
    stdout: "t_9c37 is cancelled after 42 tokens, by command; cost 0.00033 COR.\n",
  });
  expect(await run("cancel", "t_9c37")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("error[task-over]: the task t_9c37 is over: cancelled"),
  });
});

test("an answer that somebody else cancelled is an error of submit, with what came printed", async () => {
  const { home, router } = await homeWithRouter();
  router.script = { words: ["A ", "dog"], finish: "cancelled" };
  const { exitCode, stdout, stderr } = await runLine(["submit", "Hi"], { home });
  expect([exitCode, stdout]).toEqual([5, "A dog\n"]);
  expect(stderr).toContain("error[task-cancelled]: the answer was cancelled after 2 tokens");
});
