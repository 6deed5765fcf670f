import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { EmbeddedChain, type EmbeddedChainOptions } from "../../../src/chain/anvil/embeddedChain.ts";
import { jsonRpc } from "../../../src/chain/anvil/jsonRpc.ts";
import { phaseEdges } from "../../../src/protocol/phase.ts";
import { createFaucet } from "../../../src/chain/ethers/faucet.ts";
import { createSigner, newPrivateKey } from "../../../src/keys/signer.ts";
import { createLog } from "../../../src/observability/log.ts";
import { COR } from "../../support/chainSuite.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { testFolder } from "../../support/folder.ts";
import { deploy, headAt, quiet, startChain } from "../../support/practiceNetwork.ts";

const ADDRESS = `0x${"77".repeat(20)}` as const;

/** Dumps only when it is told to: its clock stands still. */
async function start(folder: string, options: Partial<EmbeddedChainOptions> = {}, deps = {}): Promise<EmbeddedChain> {
  const clock = new FakeClock();
  const embedded = new EmbeddedChain({ folder, host: "127.0.0.1", port: 0, ...options }, { ...quiet, clock, ...deps });
  onTestFinished(() => embedded.stop());
  await embedded.start();
  return embedded;
}

async function kill(embedded: EmbeddedChain): Promise<void> {
  const gone = new Promise((resolve) => embedded.onExit(resolve));
  process.kill(embedded.pid ?? 0, "SIGKILL");
  await gone;
}

/** A change that is seen in `balanceOf`, in a block of its own. */
async function give(embedded: EmbeddedChain, wei: number): Promise<void> {
  await jsonRpc(embedded.rpcUrl, "anvil_setBalance", { params: [ADDRESS, `0x${wei.toString(16)}`] });
  await embedded.mine();
}

async function balanceOf(embedded: EmbeddedChain): Promise<number> {
  return Number(await jsonRpc(embedded.rpcUrl, "eth_getBalance", { params: [ADDRESS, "latest"] }));
}

async function newestBlock(embedded: EmbeddedChain): Promise<unknown> {
  const block = (await jsonRpc(embedded.rpcUrl, "eth_getBlockByNumber", { params: ["latest", false] })) as {
    hash: string;
  };
  return block.hash;
}

function logTo(folder: string): { log: ReturnType<typeof createLog>; lines(): string } {
  const file = join(folder, "log");
  return { log: createLog({ level: "debug", file }), lines: () => readFileSync(file, "utf8") };
}

test("a chain that was stopped goes on where it was", async () => {
  const folder = testFolder();
  const first = await start(folder);
  await give(first, 5);
  const block = await newestBlock(first);
  await first.stop();
  await first.stop();
  expect(existsSync(join(folder, "anvil.pid"))).toBe(false);
  const second = await start(folder);
  expect(await newestBlock(second)).toBe(block);
  expect(await balanceOf(second)).toBe(5);
});

test("after kill -9 there is everything up to the last dump, at the same address", async () => {
  const folder = testFolder();
  const embedded = await start(folder);
  const { rpcUrl } = embedded;
  await give(embedded, 5);
  await embedded.dump();
  await give(embedded, 6);
  await kill(embedded);
  expect(embedded.pid).toBeUndefined();
  await embedded.start();
  expect(embedded.rpcUrl).toBe(rpcUrl);
  expect(await balanceOf(embedded)).toBe(5);
});

test("transactions that a crash took back are sent again, and others after them", async () => {
  const embedded = await start(testFolder());
  const preset = await deploy(embedded.rpcUrl);
  const chain = await startChain(preset);
  onTestFinished(() => chain.stop());
  const [from, to] = [createSigner(newPrivateKey()), createSigner(newPrivateKey())];
  await createFaucet({ preset }).fund(from.address, { corWei: COR, gasWei: COR });
  await chain.as(from).transferCor(to.address, 1n);
  await embedded.dump();
  await chain.as(from).transferCor(to.address, 10n);
  const { block } = await chain.as(from).transferCor(to.address, 100n);
  await headAt(chain, block);
  await kill(embedded);
  await embedded.start();
  expect((await chain.balance(to.address)).corWei).toBe(1n);
  await chain.as(from).transferCor(to.address, 1000n);
  expect((await chain.balance(to.address)).corWei).toBe(1111n);
});

test("a dump that was torn gives way to the one before it, and the log says so", async () => {
  const folder = testFolder();
  const first = await start(folder);
  await give(first, 5);
  await first.dump();
  await give(first, 6);
  await first.dump();
  await kill(first);
  const newest = join(folder, "state.json");
  truncateSync(newest, Math.floor(statSync(newest).size / 2));
  const { log, lines } = logTo(testFolder());
  const second = await start(folder, {}, { log });
  expect(await balanceOf(second)).toBe(5);
  expect(lines()).toContain("a dump of the chain is damaged");
  await give(second, 7);
  await second.stop();
  expect(existsSync(join(folder, "state.damaged.json"))).toBe(true);
  const third = await start(folder);
  expect(await balanceOf(third)).toBe(7);
});

test("a changed digit in a dump is noticed", async () => {
  const folder = testFolder();
  const first = await start(folder);
  await give(first, 5);
  await first.dump();
  await give(first, 6);
  await first.stop();
  const newest = join(folder, "state.json");
  const text = readFileSync(newest, "utf8");
  const middle = Math.floor(text.length / 2);
  writeFileSync(newest, text.slice(0, middle) + (text[middle] === "0" ? "1" : "0") + text.slice(middle + 1));
  expect(await balanceOf(await start(folder))).toBe(5);
});

test("without a whole dump it refuses to start, and overwrites nothing", async () => {
  const folder = testFolder();
  const first = await start(folder);
  await give(first, 5);
  await first.stop();
  const newest = join(folder, "state.json");
  writeFileSync(newest, "half of a du");
  await expect(start(folder)).rejects.toMatchObject({ code: "home-damaged", details: { data: { file: newest } } });
  expect(readFileSync(newest, "utf8")).toBe("half of a du");
  expect(existsSync(join(folder, "anvil.pid"))).toBe(false);
});

test("a chain whose supervisor was killed is ended, and nothing of it is lost", async () => {
  const folder = testFolder();
  const left = await start(folder);
  await give(left, 5);
  const gone = new Promise((resolve) => left.onExit(resolve));
  const next = await start(folder);
  await gone;
  expect(await balanceOf(next)).toBe(5);
  expect(next.pid).not.toBe(left.pid);
});

test("a pid file that names somebody else's process harms nobody", async () => {
  const folder = testFolder();
  writeFileSync(join(folder, "anvil.pid"), JSON.stringify({ pid: process.pid, url: "http://127.0.0.1:9" }));
  const embedded = await start(folder);
  expect(embedded.pid).toBeGreaterThan(0);
});

test("a port that is taken is named", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.address() as { port: number };
  await expect(start(testFolder(), { port })).rejects.toMatchObject({
    code: "port-in-use",
    details: { data: { port } },
  });
});

test("it is dumped by itself when there is a new block, and only then", async () => {
  const folder = testFolder();
  const clock = new FakeClock();
  const embedded = await start(folder, {}, { clock });
  await embedded.dump();
  await give(embedded, 5);
  const newest = join(folder, "state.json");
  const before = statSync(newest).ino;
  await clock.pass(2000);
  // Waits for the dump that the clock has begun, and makes no other.
  await embedded.dump();
  const after = statSync(newest).ino;
  expect(after).not.toBe(before);
  await clock.pass(2000);
  await embedded.dump();
  expect(statSync(newest).ino).toBe(after);
});

test("an idle chain gets a block at each end of an epoch", async () => {
  const clock = new FakeClock(1_800_000_030_000);
  const embedded = await start(testFolder(), {}, { clock });
  const number = async (): Promise<number> => Number(await jsonRpc(embedded.rpcUrl, "eth_blockNumber"));
  embedded.keepTime({ epochSeconds: 60, genesis: 1_800_000_000 });
  await clock.pass(29_000);
  expect(await number()).toBe(0);
  await clock.pass(1100);
  await expect.poll(number).toBe(1);
  await expect.poll(() => clock.waiting).toBe(2);
  await clock.pass(60_000);
  await expect.poll(number).toBe(2);
});

test("three blocks after anchoring draw the leaves of an epoch in which nobody sends anything", async () => {
  const clock = new FakeClock(1_800_000_000_000);
  const embedded = await start(testFolder(), {}, { clock });
  const number = async (): Promise<number> => Number(await jsonRpc(embedded.rpcUrl, "eth_blockNumber"));
  const edges = phaseEdges({ anchorSeconds: 6, commitSeconds: 33, revealSeconds: 48 });
  embedded.keepTime({ epochSeconds: 60, genesis: 1_799_999_940, edges });
  await clock.pass(6900);
  expect(await number()).toBe(0);
  for (const [passMs, blocks] of [
    [200, 3],
    [27_000, 4],
    [15_000, 5],
    [11_000, 6],
    [7000, 9],
  ] as const) {
    await expect.poll(() => clock.waiting).toBe(2);
    await clock.pass(passMs);
    await expect.poll(number).toBe(blocks);
  }
});
