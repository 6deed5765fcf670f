import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { EmbeddedChain } from "../../src/chain/anvil/embeddedChain.ts";
import { errorOf, type NodeMessage } from "../../src/node/ipc.ts";
import { deploy, startEmbedded } from "../support/practiceNetwork.ts";

let root = "";
let embedded: EmbeddedChain;
let preset = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "cortensor-test-"));
  embedded = await startEmbedded(join(root, "chain"));
  preset = JSON.stringify(await deploy(embedded.rpcUrl));
});
afterAll(async () => {
  await embedded.stop();
  await rm(root, { recursive: true, force: true });
});

/** A home that knows the network, and this program's commands on it. */
async function newHome() {
  const home = await mkdtemp(join(root, "home-"));
  await mkdir(join(home, "networks"));
  await writeFile(join(home, "networks", "test.json"), preset);
  const env = {
    ...process.env,
    CORTENSOR_HOME: home,
    CORTENSOR_NETWORK: "test",
    CORTENSOR_ROUTER_PORT: "0",
    CORTENSOR_P2P_PORT: "0",
    CORTENSOR_ENGINE_ENGINE: "scripted",
  };
  const start = (argv: readonly string[], stdio: "pipe" | "ipc"): ChildProcess => {
    const child = spawn(process.execPath, ["dist/main.js", ...argv], {
      env,
      stdio: ["ignore", "pipe", "pipe", ...(stdio === "ipc" ? (["ipc"] as const) : [])],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };
  return {
    home,
    start,
    run: (...argv: string[]) => ended(start(argv, "pipe")),
    left: () => readdirSync(join(home, "run")),
  };
}

async function ended(child: ChildProcess): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (part: Buffer) => (stdout += part.toString()));
  child.stderr?.on("data", (part: Buffer) => (stderr += part.toString()));
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { exitCode, stdout, stderr };
}

function messageOf<T extends NodeMessage["type"]>(
  child: ChildProcess,
  type: T,
): Promise<Extract<NodeMessage, { type: T }>> {
  return new Promise((resolve) => {
    child.on("message", (message: NodeMessage) => {
      if (message.type === type) resolve(message as Extract<NodeMessage, { type: T }>);
    });
  });
}

describe("router and miner start", () => {
  test("detached serve a prompt together, and stop leaves nothing behind", async () => {
    const { run, left } = await newHome();
    const router = JSON.parse((await run("router", "start", "--detach", "--json")).stdout);
    expect(router).toMatchObject({ schema: "cortensor.started/1", name: "router-1", role: "router" });
    try {
      const miner = await run("miner", "start", "--detach");
      expect(miner).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("miner-1 runs in the background") });
      // The miner runs as soon as it dials; the router is ready once the line and its payment session stand.
      while (!(await fetch(new URL("/readyz", router.url))).ok) await new Promise((resolve) => setTimeout(resolve, 50));
      const answer = await fetch(`${router.url}/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${router.api_key}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "scripted", messages: [{ role: "user", content: "What is a tree?" }] }),
      });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ choices: [{ message: { content: expect.stringMatching(/./) } }] });
      expect(await run("miner", "start")).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining("home-in-use"),
      });
    } finally {
      expect((await run("miner", "stop")).exitCode).toBe(0);
      expect((await run("router", "stop")).exitCode).toBe(0);
    }
    expect(left()).toEqual([]);
    expect(await run("miner", "stop")).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("not-running") });
  });

  test("in the foreground serves until SIGTERM, exit 0", async () => {
    const { start, left } = await newHome();
    const child = start(["miner", "start", "--json"], "pipe");
    const end = ended(child);
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    const { exitCode, stdout } = await end;
    expect({ exitCode, started: JSON.parse(stdout) }).toMatchObject({ exitCode: 0, started: { models: ["scripted"] } });
    expect(left()).toEqual([]);
  });

  test("ends by itself when its supervisor leaves", async () => {
    const { start, left } = await newHome();
    const child = start(["miner", "start"], "ipc");
    const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
    expect(await messageOf(child, "ready")).toMatchObject({ name: "miner-1", pid: child.pid });
    child.disconnect();
    expect(await exit).toBe(0);
    expect(left()).toEqual([]);
  });

  test("tells its supervisor why it does not start, and leaves nothing behind", async () => {
    const { start, left } = await newHome();
    const child = start(["miner", "start", "--engine", "llama", "--model", "missing.gguf"], "ipc");
    const [failed, { exitCode }] = await Promise.all([messageOf(child, "failed"), ended(child)]);
    expect({ code: errorOf(failed).code, exitCode }).toEqual({ code: "model-missing", exitCode: 3 });
    expect(left()).toEqual([]);
  });

  test.each([
    ["a dead endpoint", ["--rpc", "http://127.0.0.1:9"], 4, "rpc-unreachable"],
    ["a model that is not there", ["--engine", "llama", "--model", "missing.gguf"], 3, "model-missing"],
    ["a network nobody knows", ["--network", "nowhere"], 3, "network-unknown"],
    ["an owner that is no address", ["--owner", "0x12"], 2, "option-value"],
  ])("with %s fails the same way in the background", async (_, flags, exitCode, code) => {
    const { run } = await newHome();
    expect(await run("miner", "start", "--detach", ...flags)).toMatchObject({
      exitCode,
      stdout: "",
      stderr: expect.stringContaining(`error[${code}]`),
    });
  });

  test("of a router without the practice network says how to bring it up", async () => {
    const { run } = await newHome();
    expect(await run("router", "start", "--network", "local")).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/error\[not-running\][^]*try +cortensor up/),
    });
  });
});
