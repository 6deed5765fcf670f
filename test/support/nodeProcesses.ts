import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Chain } from "../../src/chain/interface.ts";
import { callControl } from "../../src/node/control.ts";
import { homeOf } from "../../src/node/home.ts";
import type { ReadyMessage } from "../../src/node/ipc.ts";
import type { NodeFacts } from "../../src/observability/snapshot.ts";
import { deploy, startChain, startEmbedded } from "./practiceNetwork.ts";

export type NodeName = "router-1" | "miner-1" | "miner-2";

export interface NodeProcesses {
  readonly chain: Chain;
  /** OpenAI base URL of the router. */
  readonly url: string;
  readonly apiKey: string;
  start(name: NodeName): Promise<ReadyMessage>;
  /** Without a warning; resolves when the process is gone. */
  kill(name: NodeName): Promise<void>;
  factsOf(name: NodeName): Promise<NodeFacts>;
  /** Resolves when both miners have a line to the router. */
  untilConnected(): Promise<void>;
  tell(name: NodeName, route: "POST /redeem"): Promise<void>;
}

/** A router and two miners as processes of the built program, which a test can kill and start again at once. */
export async function nodeProcesses(settings: Readonly<Record<string, string>>): Promise<NodeProcesses> {
  const root = await mkdtemp(join(tmpdir(), "cortensor-test-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const embedded = await startEmbedded(join(root, "chain"));
  onTestFinished(() => embedded.stop());
  const preset = await deploy(embedded.rpcUrl);
  await mkdir(join(root, "networks"));
  await writeFile(join(root, "networks", "test.json"), JSON.stringify(preset));
  const chain = await startChain(preset);
  onTestFinished(() => chain.stop());
  const paths = homeOf({}, root);
  const running = new Map<NodeName, ChildProcess>();
  onTestFinished(() => running.forEach((child) => child.kill("SIGKILL")));
  let ports: Record<string, string> = { CORTENSOR_ROUTER_PORT: "0", CORTENSOR_P2P_PORT: "0" };

  const start = async (name: NodeName): Promise<ReadyMessage> => {
    const role = name.startsWith("router") ? "router" : "miner";
    const env = { ...process.env, ...ports, ...settings, CORTENSOR_HOME: root, CORTENSOR_NETWORK: "test" };
    const child = spawn(process.execPath, ["dist/main.js", role, "start", "--name", name, "--no-input"], {
      env,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    running.set(name, child);
    return await new Promise((resolve, reject) => {
      child.on("message", (message: ReadyMessage | { type: "failed"; message: string } | { type: "step" }) => {
        if (message.type === "ready") resolve(message);
        if (message.type === "failed") reject(new Error(`${name}: ${message.message}`));
      });
    });
  };
  const kill = async (name: NodeName): Promise<void> => {
    const child = running.get(name);
    const gone = new Promise((resolve) => child?.once("exit", resolve));
    child?.kill("SIGKILL");
    await gone;
  };
  const factsOf = async (name: NodeName): Promise<NodeFacts> =>
    (await callControl(paths.node(name).socket, "GET /facts")) as NodeFacts;
  const untilConnected = async (): Promise<void> => {
    const connected = async (): Promise<number> =>
      (await factsOf("router-1").catch(() => undefined))?.peers.filter((peer) => peer.connected).length ?? 0;
    while ((await connected()) < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const router = await start("router-1");
  // A router that starts again is where its clients and miners knew it.
  ports = {
    CORTENSOR_ROUTER_PORT: new URL(router.url ?? "").port,
    CORTENSOR_P2P_PORT: /tcp\/(\d+)\/ws/.exec(router.p2p?.join() ?? "")?.[1] ?? "0",
  };
  await Promise.all([start("miner-1"), start("miner-2")]);
  await untilConnected();
  const apiKey = (await readFile(join(paths.node("router-1").folder, "api.key"), "utf8")).trim();
  const tell = async (name: NodeName, route: "POST /redeem"): Promise<void> =>
    void (await callControl(paths.node(name).socket, route, 10_000));
  return { chain, url: router.url ?? "", apiKey, start, kill, factsOf, untilConnected, tell };
}
