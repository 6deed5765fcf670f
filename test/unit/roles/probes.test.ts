import { afterEach, expect, test } from "vitest";
import type { CheckWish, NodeAsker, Target } from "../../../src/audit/nodeAsker.ts";
import { createSigner, newPrivateKey, recover } from "../../../src/keys/index.ts";
import { PROTOCOLS } from "../../../src/p2p/interface.ts";
import { decodeProbe, encodeAsked } from "../../../src/protocol/auditFrames.ts";
import { digest, pongHash } from "../../../src/protocol/eip712.ts";
import { FINISH } from "../../../src/protocol/records.ts";
import { RENDERER_VERSION } from "../../../src/protocol/render.ts";
import { RoleNetwork, randomHex, type TestMiner } from "../../support/roleNetwork.ts";

let network: RoleNetwork;
afterEach(async () => {
  await network.stop();
});
const soon = (): AbortSignal => AbortSignal.timeout(5000);

async function probed() {
  network = await RoleNetwork.create();
  const { asker, signer } = await network.addValidator();
  const other = await network.addValidator();
  network.chain.advance(60);
  const miner = await network.addMiner();
  return { asker, signer, miner, other };
}

const ofRouter = (epoch = 1): Target => ({ via: network.routerAddress, node: network.routerSigner.address, epoch });
const ofMiner = ({ signer }: TestMiner, epoch = 1): Target => ({ ...ofRouter(epoch), node: signer.address });
const wish = (change: Partial<CheckWish> = {}): CheckWish => ({
  model: network.router.models()[0]?.modelId ?? "0x",
  input: { kind: "text", text: "A dog is" },
  params: { maxTokens: 1, temperature: 1, topP: 1, topK: 64, minP: 0, stop: [], renderer: RENDERER_VERSION },
  seed: 7n,
  ...change,
});

async function codeOf(asked: Promise<unknown>): Promise<unknown> {
  const error: unknown = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return (error as { details?: { data?: { code?: unknown } } } | undefined)?.details?.data?.code ?? error;
}

test("router and miner sign that they are there, and everybody can check it", async () => {
  const { asker, signer, miner } = await probed();
  for (const target of [ofRouter(), ofMiner(miner)]) {
    const { node, epoch, nonce, signature } = await asker.pong(target, soon());
    expect([node, epoch]).toEqual([target.node, 1]);
    const hash = pongHash({ epoch, validator: signer.address, nonce });
    expect(recover(digest(network.chain.domain, hash), signature)).toBe(target.node);
  }
});

test("strangers get no answer, nor does a question of another epoch or for nobody here", async () => {
  const { asker, miner } = await probed();
  const stranger: NodeAsker = await network.asker(newPrivateKey());
  for (const target of [ofRouter(), ofMiner(miner)]) {
    expect(await codeOf(stranger.pong(target, soon()))).toBe("not-validator");
    expect(await codeOf(asker.pong({ ...target, epoch: 3 }, soon()))).toBe("bad-request");
  }
  network.chain.advance(120);
  expect(await codeOf(asker.pong(ofRouter(1), soon()))).toBe("bad-request");
  expect(await codeOf(asker.pong(ofRouter(3), soon()))).toBeUndefined();
  expect(await codeOf(asker.pong({ ...ofRouter(3), node: `0x${"11".repeat(20)}` }, soon()))).toBe("peer-unreachable");
});

test("a miner that has left is not there", async () => {
  const { asker, miner } = await probed();
  network.lines.cut(network.routerSigner.address, miner.signer.address);
  expect(await codeOf(asker.pong(ofMiner(miner), soon()))).toBe("peer-unreachable");
});

test("nobody can ask in a validator's name: not with another's question, and not by passing it on", async () => {
  const { signer, miner } = await probed();
  const key = newPrivateKey();
  const thief = network.lines.transport(createSigner(key).address);
  await thief.start();
  const ask = async (via: string, ping: { validator: `0x${string}`; node: `0x${string}` }) => {
    const stream = await thief.open(via, PROTOCOLS.probe, soon());
    const asked = { epoch: 1, nonce: randomHex(32), expiresAt: network.chain.head().timestamp + 60, ...ping };
    stream.send(encodeAsked({ type: "ping", ping: asked, signature: randomHex(64) }));
    for await (const bytes of stream.frames) return decodeProbe(bytes);
    return undefined;
  };
  const refused = { type: "refuse", code: "bad-request" };
  const node = network.routerSigner.address;
  expect(await ask(network.routerAddress, { validator: signer.address, node })).toMatchObject(refused);
  const direct = `/memory/${miner.signer.address}`;
  expect(await ask(direct, { validator: signer.address, node: miner.signer.address })).toMatchObject(refused);
  await thief.stop();
});

test("bytes that are no question end the stream and nothing else", async () => {
  const { asker } = await probed();
  const stranger = network.lines.transport(createSigner(newPrivateKey()).address);
  await stranger.start();
  for (const bytes of [
    Uint8Array.of(1),
    encodeAsked({ type: "pong", nonce: randomHex(32), signature: randomHex(64) }),
  ]) {
    const stream = await stranger.open(network.routerAddress, PROTOCOLS.probe, soon());
    stream.send(bytes);
    await expect(stream.frames[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "peer-unreachable" });
  }
  await stranger.stop();
  expect(await codeOf(asker.pong(ofRouter(), soon()))).toBeUndefined();
});

test("a validator gets one token of a miner an epoch, unpaid and signed for", async () => {
  const { asker, miner } = await probed();
  const { id, order, receipt } = await asker.check(ofMiner(miner), wish(), soon());
  expect(Number.isInteger(id)).toBe(true);
  expect(receipt.record).toMatchObject({ from: 0, to: 1, fee: 0n });
  expect([FINISH.length, FINISH.stop]).toContain(receipt.record.finish);
  expect(order).toMatchObject({ miner: miner.signer.address, maxTokens: 1, outputPrice: 0n });
  expect(await codeOf(asker.check(ofMiner(miner), wish(), soon()))).toBe("asked-before");
  network.chain.advance(60);
  expect(await codeOf(asker.check(ofMiner(miner, 2), wish(), soon()))).toBeUndefined();
  expect([...network.router.leaves(1), ...miner.miner.audit.receipts.leaves(1)]).toEqual([]);
  expect(miner.miner.ledger.receiptedWei).toBe(0n);
});

test("a second validator has its own token, and a restart of the miner gives none again", async () => {
  const { asker, miner, other } = await probed();
  await asker.check(ofMiner(miner), wish(), soon());
  await other.asker.check(ofMiner(miner), wish(), soon());
  const row = [...miner.store.scan("checks")];
  expect(row).toHaveLength(2);
  expect([...miner.store.afterKill().scan("checks")]).toEqual(row);
});

test("what is no check is not taken: another model, a long prompt, and a router has no tokens", async () => {
  const { asker, miner } = await probed();
  expect(await codeOf(asker.check(ofMiner(miner), wish({ model: randomHex(32) }), soon()))).toBe("bad-request");
  const long = wish({ input: { kind: "text", text: "dog ".repeat(2000) } });
  expect(await codeOf(asker.check(ofMiner(miner), long, soon()))).toBe("bad-request");
  expect(await codeOf(asker.check(ofRouter(), wish(), soon()))).toBe("unserved");
  expect(await codeOf(asker.check(ofMiner(miner), wish(), soon()))).toBeUndefined();
});
