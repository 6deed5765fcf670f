import { afterEach, expect, test } from "vitest";
import { recover } from "../../../src/keys/index.ts";
import { wrongLeaf } from "../../../src/protocol/leaf.ts";
import { wrongTranscript } from "../../../src/protocol/transcript.ts";
import { partLeaf, provenParts } from "../../support/anchors.ts";
import { RoleNetwork } from "../../support/roleNetwork.ts";

let network: RoleNetwork;
afterEach(async () => {
  await network.stop();
});

/** Resolves when the miners have kept what the router counter-signed. */
async function untilKept(count: number): Promise<void> {
  const kept = (): number =>
    network.miners.reduce((sum, { miner }) => sum + [...miner.audit.receipts.leaves(0)].length, 0);
  while (kept() < count) await new Promise((resolve) => setTimeout(resolve, 2));
}

test("router and miner remember the same receipts, and come to the same root", async () => {
  network = await RoleNetwork.create();
  const { miner } = await network.addMiner();
  const answers = await Promise.all([network.ask(), network.ask(), network.ask()]);
  await untilKept(3);
  expect(network.router.anchorOf(0)).toBeUndefined();
  network.chain.advance(60);
  const anchor = network.router.anchorOf(0);
  expect(anchor).toMatchObject({ epoch: 0, count: 3, feeSum: network.sums().receipted });
  expect(miner.anchorOf(0)).toEqual(anchor);
  for (const { finish } of answers) expect(provenParts(finish.bundle, network.router)).toEqual([anchor?.root]);
  for (const [, leaf] of network.router.leaves(0))
    expect(wrongLeaf(leaf, { domain: network.chain.domain, recover })).toBeUndefined();
});

test("each miner of an answer that was handed on has its own part, and the router all", async () => {
  network = await RoleNetwork.create();
  const bad = await network.addMiner({ script: "rate=500,length=100,error@80x1" });
  const asked = network.ask();
  const good = await network.addMiner({ script: "rate=2000,length=100" });
  const { finish } = await asked;
  const { parts } = finish.bundle;
  await untilKept(parts.length);
  network.chain.advance(60);
  const anchor = network.router.anchorOf(0);
  expect(provenParts(finish.bundle, network.router)).toEqual(parts.map(() => anchor?.root));
  expect(anchor).toMatchObject({ count: parts.length, feeSum: network.sums().receipted });
  for (const { order, ...part } of parts) {
    const { miner } = order.miner === bad.signer.address ? bad : good;
    expect(miner.anchorOf(0)?.count).toBe(1);
    expect(miner.audit.receipts.leaf(partLeaf(part))?.miner).toBe(order.miner);
  }
});

test("the receipts of all replicas are remembered, not only of the one that was chosen", async () => {
  network = await RoleNetwork.create();
  for (let n = 0; n < 3; n += 1) await network.addMiner();
  await network.ask({ redundancy: 3 });
  await untilKept(3);
  network.chain.advance(60);
  expect(network.router.anchorOf(0)).toMatchObject({ count: 3, feeSum: network.sums().receipted });
  for (const { miner } of network.miners) expect(miner.anchorOf(0)?.count).toBe(1);
});

test("a router that is killed has every receipt that a client holds", async () => {
  network = await RoleNetwork.create();
  await network.addMiner();
  const { finish } = await network.ask();
  await network.killRouter();
  await network.startRouter();
  network.chain.advance(60);
  expect(provenParts(finish.bundle, network.router)).toEqual([network.router.anchorOf(0)?.root]);
});

test("both keep what a replay needs, of every part, until an audit cannot ask for it any more", async () => {
  network = await RoleNetwork.create();
  await network.addMiner({ script: "rate=500,length=100,error@80x1" });
  const asked = network.ask();
  await network.addMiner({ script: "rate=2000,length=100" });
  const { finish } = await asked;
  const { parts, ids, input, salt, params } = finish.bundle;
  await untilKept(parts.length);
  const { domain } = network.chain;
  for (const { order, ...part } of parts) {
    const leaf = partLeaf(part);
    const found = network.router.audit.transcript(leaf);
    expect(found).toMatchObject({ leaf, input, salt, params, ids: ids.slice(0, part.receipt.to), order });
    expect(found && wrongTranscript(found, { leaf, domain, recover })).toBeUndefined();
    const miner = network.miners.find(({ signer }) => signer.address === order.miner)?.miner;
    expect(miner?.audit.transcript(leaf)).toEqual(found);
  }
  const kept = (): number => [...network.routerStore.scan("transcripts")].length;
  network.chain.advance(4 * 60);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(kept()).toBe(parts.length);
  network.chain.advance(60);
  while (kept() > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  expect([...network.router.leaves(0)]).toHaveLength(parts.length);
});
