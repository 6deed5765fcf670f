import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
}

function cortensor(home: string, ...argv: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { ...process.env, CORTENSOR_HOME: home, CORTENSOR_ROUTER_PORT: "0" };
    const child = execFile(process.execPath, ["dist/main.js", ...argv], { env }, (_, stdout) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout }),
    );
  });
}

test("the doctor ends by itself with every check of a network that runs, and finds nothing wrong once it is stopped", async () => {
  const home = await mkdtemp(join(tmpdir(), "cortensor-test-"));
  onTestFinished(async () => {
    await cortensor(home, "down");
    await rm(home, { recursive: true, force: true });
  });
  const up = await cortensor(
    home,
    "up",
    "--detach",
    "--engine",
    "scripted",
    "--miners",
    "1",
    "--port",
    "0",
    "--chain-port",
    "0",
  );
  expect(up.exitCode).toBe(0);

  const running = await cortensor(home, "doctor");
  expect(running).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("1 miner connected to router-1") });
  expect(running.stdout).not.toContain("✗");
  const sessions = await cortensor(home, "session", "list", "--json");
  expect(JSON.parse(sessions.stdout)).toHaveLength(2);

  expect((await cortensor(home, "down")).exitCode).toBe(0);
  const stopped = await cortensor(home, "doctor");
  expect(stopped).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("the practice network of this home does not run"),
  });
  expect((await cortensor(home, "session", "list")).exitCode).toBe(4);
});
