import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { program, type Program, type Ran } from "../support/program.ts";

interface TaskFields {
  readonly short_id: string;
  readonly state: string;
  readonly cost_cor: string;
  readonly output_tokens: number;
}

/** `submit` in a process of its own; `first` resolves with the answer's beginning. */
function asking({ home }: Program, prompt: string): { first: Promise<unknown>; ended: Promise<Ran> } {
  const argv = ["dist/main.js", "submit", prompt, "--max-tokens", "1500"];
  const child = spawn(process.execPath, argv, { env: { ...process.env, CORTENSOR_HOME: home } });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (part: Buffer) => (said.stdout += part.toString()));
  child.stderr.on("data", (part: Buffer) => (said.stderr += part.toString()));
  const first = once(child.stdout, "data");
  const ended = once(child, "close").then(([exitCode]) => ({ exitCode: exitCode as number, ...said }));
  return { first, ended };
}

test("a task is explained by name and cost, also after a restart, and a running one can be cancelled", async () => {
  const network = await program();
  const { run } = network;
  const up = ["up", "--port", "0", "--miners", "2", "--engine", "scripted", "--detach", "--script"];
  expect((await run(...up, "rate=400,length=60")).exitCode).toBe(0);
  const asked = await run("submit", "What is a secret?", "--json");
  const answer = JSON.parse(asked.stdout) as { cost_cor: string; text: string; receipt: { id: string } };

  const last = await run("task", "explain", "--last");
  expect(last).toMatchObject({ exitCode: 0, stderr: "" });
  expect(last.stdout).toMatch(/^t_[0-9a-f]{4} .* 1 attempt\nchosen +miner-[12], expected .*none passed over\n/);
  expect(last.stdout).toContain(`= ${answer.cost_cor} COR\n`);
  expect(last.stdout).toContain(`receipt ${answer.receipt.id}\n`);
  const record = (await run("task", "explain", "--last", "--json")).stdout;
  expect(record).not.toContain("secret");
  expect(record).not.toContain(answer.text.slice(0, 20));

  expect((await run("down")).exitCode).toBe(0);
  expect((await run(...up, "rate=40,length=4000")).exitCode).toBe(0);
  expect((await run("task", "explain", "--last", "--json")).stdout).toBe(record);

  const long = asking(network, "Tell me a long story.");
  await long.first;
  const [task] = (
    JSON.parse((await run("task", "list", "--state", "open", "--json")).stdout) as { tasks: TaskFields[] }
  ).tasks;
  expect(task).toMatchObject({ state: "running" });
  const id = task?.short_id ?? "";
  const cancelled = JSON.parse((await run("task", "cancel", id, "--json")).stdout) as TaskFields;
  expect(cancelled).toMatchObject({ short_id: id, state: "cancelled", stopped_by: "command" });
  const ended = await long.ended;
  expect(ended.exitCode).toBe(5);
  expect(ended.stderr).toContain(
    `error[task-cancelled]: the answer was cancelled after ${cancelled.output_tokens} tokens`,
  );
  expect(Number(cancelled.cost_cor)).toBeGreaterThan(0);
  expect((await run("task", "cancel", id)).exitCode).toBe(2);
});
