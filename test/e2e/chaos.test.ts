import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tellControl } from "../../src/node/control.ts";
import { homeOf } from "../../src/node/home.ts";
import { program } from "../support/program.ts";

test("up --chaos says so and makes miners fail; what it cannot understand is refused before anything starts", async () => {
  const { home, run } = await program();
  const refused = await run("up", "--port", "0", "--chaos", "melt@5", "--detach");
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('error[option-value]: "melt@5"');
  expect(existsSync(join(home, "local"))).toBe(false);

  const up = await run(
    "up",
    "--port",
    "0",
    "--engine",
    "scripted",
    "--miners",
    "1",
    "--chaos",
    "error@0x1",
    "--detach",
  );
  expect(up.exitCode).toBe(0);
  expect(up.stderr).toContain("Chaos is on: miners fail on purpose (error@0x1).");
  expect((await run("submit", "What is a dog?", "--json")).exitCode).toBe(0);
  const faults = (await run("logs", "miner-1")).stdout.split("\n").filter((line) => line.includes("fault on purpose"));
  expect(faults).toEqual([expect.stringContaining("kind=error")]);

  const { socket } = homeOf({}, home).node("fleet");
  expect(await tellControl(socket, "POST /chaos", "melt@5")).toBe(false);
  expect(await tellControl(socket, "POST /chaos", "")).toBe(true);
  expect((await run("submit", "What is a dog?", "--json")).exitCode).toBe(0);
});
