import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ControlSocket } from "../../../src/node/control.ts";
import { homeOf } from "../../../src/node/home.ts";
import { lockHome } from "../../../src/node/lock.ts";
import { runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";
import { put, writeUp } from "../../support/homeWithRouter.ts";
import { addressOf } from "../../support/statusFixtures.ts";

const UP = { router_url: "http://127.0.0.1:5010/v1", api_key: "ck_of-up" };

function upHome(fields: Readonly<Record<string, unknown>> = UP): string {
  const home = testFolder();
  writeUp(home, fields);
  return home;
}

/** Lets a router that is not part of `up` seem to run. */
async function runRouter(root: string): Promise<void> {
  const paths = homeOf({ CORTENSOR_HOME: root }).node("router-1");
  const address = addressOf("c");
  put(paths.recordFile, { name: "router-1", role: "router", network: "local", address, owner: address });
  writeFileSync(join(paths.folder, "api.key"), "ck_of-router\n");
  const control = new ControlSocket(paths.socket, {
    "GET /facts": () => ({ url: "http://127.0.0.1:5099/v1" }),
    "POST /stop": () => ({}),
  });
  await control.start();
  onTestFinished(() => control.stop());
}

test.each([
  ["bash", "export OPENAI_BASE_URL=http://127.0.0.1:5010/v1", "export OPENAI_API_KEY=ck_of-up"],
  ["fish", "set -gx OPENAI_BASE_URL 'http://127.0.0.1:5010/v1'", "set -gx OPENAI_API_KEY 'ck_of-up'"],
  ["powershell", "$env:OPENAI_BASE_URL = 'http://127.0.0.1:5010/v1'", "$env:OPENAI_API_KEY = 'ck_of-up'"],
])("for %s", async (shell, url, key) => {
  const { exitCode, stdout, stderr } = await runLine(["env", "--shell", shell], { home: upHome() });
  expect([exitCode, stdout, stderr]).toEqual([0, `${url}\n${key}\n`, ""]);
});

test("a shell that evaluates it runs nothing of what a file holds", async () => {
  const hostile = "k'; echo broken; $(echo out) `x` \\";
  const home = upHome({ ...UP, api_key: hostile });
  const { stdout } = await runLine(["env"], { home });
  const seen = execFileSync("sh", ["-c", `${stdout}\nprintf %s "$OPENAI_API_KEY"`], { encoding: "utf8" });
  expect(seen).toBe(hostile);
  expect((await runLine(["env", "--shell", "fish"], { home })).stdout).toContain(String.raw`'k\'; echo`);
  expect((await runLine(["env", "--shell", "powershell"], { home })).stdout).toContain("'k''; echo");
});

test("with --json", async () => {
  const { stdout } = await runLine(["env", "--json"], { home: upHome() });
  expect(JSON.parse(stdout)).toEqual({
    schema: "cortensor.env/1",
    openai_base_url: UP.router_url,
    openai_api_key: UP.api_key,
  });
});

test("of a router that runs by itself, also where a network that was killed left its file", async () => {
  for (const home of [testFolder(), upHome()]) {
    await runRouter(home);
    expect((await runLine(["env"], { home })).stdout).toBe(
      "export OPENAI_BASE_URL=http://127.0.0.1:5099/v1\nexport OPENAI_API_KEY=ck_of-router\n",
    );
  }
});

test("of a network that is up, whatever else runs", async () => {
  const home = upHome();
  await runRouter(home);
  const lock = lockHome(homeOf({ CORTENSOR_HOME: home }), "fleet");
  onTestFinished(() => lock.release());
  expect((await runLine(["env"], { home })).stdout).toContain("ck_of-up");
});

test("where nothing runs, and of a shell that nobody has", async () => {
  const { exitCode, stdout, stderr } = await runLine(["env"], { home: testFolder() });
  expect([exitCode, stdout]).toEqual([4, ""]);
  expect(stderr).toContain("error[not-running]: no router runs in this home");
  expect((await runLine(["env", "--shell", "tcsh"], { home: upHome() })).exitCode).toBe(2);
});

test.each([
  [{ ...UP, api_key: "" }, "api_key"],
  [{ ...UP, router_url: 5 }, "router_url"],
  [{ ...UP, schema: "cortensor.up/2" }, "schema"],
])("a file of up that is not understood is named: %j", async (fields, field) => {
  const { exitCode, stderr } = await runLine(["env"], { home: upHome(fields) });
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining("error[home-damaged]: ")]);
  expect(stderr).toContain(field);
});
