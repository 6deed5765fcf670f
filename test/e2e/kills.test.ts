import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { callControl } from "../../src/node/control.ts";
import { homeOf } from "../../src/node/home.ts";
import type { ReadyMessage } from "../../src/node/ipc.ts";
import type { NodeFacts } from "../../src/observability/snapshot.ts";
import { deploy, startChain, startEmbedded } from "../support/practiceNetwork.ts";

const KILLS = 20;
const PROMPTS = 10;
const NAMES = ["router-1", "miner-1", "miner-2"] as const;
type Name = (typeof NAMES)[number];

/** A router and two miners as processes that a test can kill and start again at once. */
async function processes() {
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
  const running = new Map<Name, ChildProcess>();
  onTestFinished(() => running.forEach((child) => child.kill("SIGKILL")));
  let ports: Record<string, string> = { CORTENSOR_ROUTER_PORT: "0", CORTENSOR_P2P_PORT: "0" };

  const start = async (name: Name): Promise<ReadyMessage> => {
    const role = name.startsWith("router") ? "router" : "miner";
    const engine = { CORTENSOR_ENGINE_ENGINE: "scripted", CORTENSOR_ENGINE_SCRIPT: "rate=800,length=120" };
    const env = { ...process.env, ...ports, ...engine, CORTENSOR_HOME: root, CORTENSOR_NETWORK: "test" };
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
  const kill = async (name: Name): Promise<void> => {
    const child = running.get(name);
    const gone = new Promise((resolve) => child?.once("exit", resolve));
    child?.kill("SIGKILL");
    await gone;
  };
  const factsOf = async (name: Name): Promise<NodeFacts> =>
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
  /** The fee of the answer's receipt; undefined when the client got none. */
  const ask = async (): Promise<bigint | undefined> => {
    try {
      const reply = await fetch(`${router.url}/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ messages: [{ role: "user", content: "Tell me." }], max_tokens: 150 }),
      });
      const body = (await reply.json()) as { cortensor?: { receipt: { parts: { receipt: { fee: string } }[] } } };
      return body.cortensor === undefined
        ? undefined
        : body.cortensor.receipt.parts.reduce((sum, { receipt }) => sum + BigInt(receipt.fee), 0n);
    } catch {
      return undefined;
    }
  };
  const redeem = async (name: Name): Promise<void> =>
    void (await callControl(paths.node(name).socket, "POST /redeem", 10_000));
  return { chain, start, kill, factsOf, untilConnected, ask, redeem };
}

test(`after ${KILLS} kills at random points nothing is lost and nothing paid twice, to the last unit on the chain`, {
  timeout: 300_000,
}, async () => {
  const { chain, start, kill, factsOf, untilConnected, ask, redeem } = await processes();
  const schedule = Array.from({ length: KILLS }, () => ({
    victim: NAMES[Math.floor(Math.random() * NAMES.length)] ?? "router-1",
    afterMs: Math.floor(Math.random() * 250),
  }));
  const balanceOf = async (name: Name): Promise<bigint> => (await chain.balance((await factsOf(name)).owner)).corWei;
  const before = await Promise.all(NAMES.map(balanceOf));

  let seenByClients = 0n;
  let answered = 0;
  for (const { victim, afterMs } of schedule) {
    const asked = Array.from({ length: PROMPTS }, ask);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await kill(victim);
    const restarted = start(victim);
    for (const fee of await Promise.all(asked)) {
      seenByClients += fee ?? 0n;
      answered += fee === undefined ? 0 : 1;
    }
    await restarted;
    await untilConnected();
  }
  const said = JSON.stringify(schedule);
  expect(answered, said).toBeGreaterThan(0);
  const calm = await Promise.all(Array.from({ length: PROMPTS }, ask));
  expect(
    calm.every((fee) => fee !== undefined),
    said,
  ).toBe(true);
  seenByClients += calm.reduce((sum: bigint, fee) => sum + (fee ?? 0n), 0n);

  for (const name of NAMES) await redeem(name);
  const [router, ...miners] = await Promise.all(NAMES.map(async (name) => (await factsOf(name)).money));
  const receipted = BigInt(router?.receiptedWei ?? 0);
  const vouchersOfMiners = miners.reduce((sum, { vouchersWei }) => sum + BigInt(vouchersWei), 0n);
  expect(BigInt(router?.vouchersWei ?? 0), said).toBe(receipted);
  expect(vouchersOfMiners, said).toBe(receipted);
  // Every answer that a client holds is booked; what broke off is booked for its growing receipts.
  expect(receipted, said).toBeGreaterThanOrEqual(seenByClients);
  const after = await Promise.all(NAMES.map(balanceOf));
  const gained = after.map((balance, at) => balance - (before[at] ?? 0n));
  expect(gained[0], said).toBe(receipted);
  expect((gained[1] ?? 0n) + (gained[2] ?? 0n), said).toBe(receipted);
});
