import { afterEach, expect, test } from "vitest";
import type { NodeAsker, Target } from "../../../src/audit/nodeAsker.ts";
import { drawnLeaves } from "../../../src/protocol/draw.ts";
import { partLeaf } from "../../../src/protocol/receiptBundle.ts";
import { newPrivateKey } from "../../../src/keys/index.ts";
import type { Hex } from "../../../src/util/types.ts";
import { TestDraws } from "../../support/draws.ts";
import { RoleNetwork, type TestMiner } from "../../support/roleNetwork.ts";

let network: RoleNetwork;
afterEach(async () => {
  await network.stop();
});
const soon = (): AbortSignal => AbortSignal.timeout(5000);

/** A network in epoch 1 with a validator, where some answers were given; the epoch is over when `ended`. */
async function audited({ answers = 1, validators = 1, ended = true } = {}) {
  const draws = new TestDraws();
  network = await RoleNetwork.create({ draws });
  const asked = await Promise.all(Array.from({ length: validators }, () => network.addValidator()));
  draws.validators = asked.map(({ signer }) => signer.address);
  network.chain.advance(60);
  const miner = await network.addMiner();
  const leaves: Hex[] = [];
  for (let n = 0; n < answers; n += 1) {
    const { finish } = await network.ask({ input: { kind: "text", text: `What is a dog? ${n}` } });
    leaves.push(...finish.bundle.parts.map(partLeaf));
  }
  while ([...miner.miner.audit.receipts.leaves(1)].length < answers) await new Promise((next) => setTimeout(next, 2));
  if (ended) network.chain.advance(60);
  const [first] = asked;
  if (first === undefined) throw new Error("there is no validator");
  return { draws, miner, leaves, leaf: leaves[0] ?? "0x", asker: first.asker, validators: asked };
}

const ofRouter = (): Target => ({ via: network.routerAddress, node: network.routerSigner.address, epoch: 1 });
const ofMiner = ({ signer }: TestMiner): Target => ({ ...ofRouter(), node: signer.address });

async function refusal(asker: NodeAsker, question: Target & { leaf: Hex }): Promise<unknown> {
  const error: unknown = await asker.transcript(question, soon()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return (error as { details?: { data?: { code?: unknown } } } | undefined)?.details?.data?.code ?? error;
}

test("a validator gets the transcript of a drawn leaf from the router and, through it, from the miner", async () => {
  const { asker, leaf, miner } = await audited({ answers: 3 });
  const byRouter = await asker.transcript({ ...ofRouter(), leaf }, soon());
  expect(byRouter).toMatchObject({ leaf, input: { kind: "text", text: "What is a dog? 0" } });
  expect(await asker.transcript({ ...ofMiner(miner), leaf }, soon())).toEqual(byRouter);
});

test("a transcript that is larger than a frame arrives in parts", async () => {
  const { asker, leaf, miner } = await audited();
  for (const { audit, store } of [
    { audit: network.router.audit, store: network.routerStore },
    { audit: miner.miner.audit, store: miner.store },
  ]) {
    const kept = audit.transcript(leaf);
    if (kept === undefined) throw new Error("it is not kept");
    // Longer than this model takes, and as long as the protocol does: so it is whole, and not what was signed.
    const input = { kind: "text", text: "A long dog. ".repeat(80_000) } as const;
    await store.write(audit.transcripts.rows({ ...kept, input }, 1));
  }
  for (const target of [ofRouter(), ofMiner(miner)])
    await expect(asker.transcript({ ...target, leaf }, soon())).rejects.toMatchObject({
      code: "peer-protocol",
      message: expect.stringContaining("another input"),
    });
});

test("nothing is shown before the epoch is over and its leaves are drawn", async () => {
  const { asker, leaf, miner, draws } = await audited({ ended: false });
  draws.block = undefined;
  for (const target of [ofRouter(), ofMiner(miner)]) {
    expect(await refusal(asker, { ...target, leaf })).toBe("not-anchored");
    network.chain.advance(0);
  }
  network.chain.advance(60);
  for (const target of [ofRouter(), ofMiner(miner)])
    expect(await refusal(asker, { ...target, leaf })).toBe("not-anchored");
  draws.block = `0x${"b3".repeat(32)}`;
  for (const target of [ofRouter(), ofMiner(miner)]) expect(await refusal(asker, { ...target, leaf })).toBeUndefined();
});

test("leaves that are not drawn are not shown, and those that are are", async () => {
  const { asker, leaves, miner, draws } = await audited({ answers: 8 });
  draws.audited = 1000;
  draws.rules = { ...draws.rules, leastLeaves: 3 };
  const all = [...network.router.leaves(1)].map(([leaf, { receipt, miner: by }]) => ({
    leaf,
    order: receipt.order,
    miner: by,
  }));
  const drawn = new Set(drawnLeaves(all, { blockHash: draws.block ?? "0x", rules: draws.rules, audits: () => 1000 }));
  expect(drawn.size).toBeLessThan(8);
  for (const leaf of leaves)
    for (const target of [ofRouter(), ofMiner(miner)])
      expect(await refusal(asker, { ...target, leaf })).toBe(drawn.has(leaf) ? undefined : "not-drawn");
});

test("only validators that replay the miner are served, each for itself", async () => {
  const { leaf, miner, validators, draws } = await audited({ validators: 3 });
  draws.rules = { ...draws.rules, validators: 1 };
  const outcomes = async (target: Target) =>
    await Promise.all(validators.map(({ asker }) => refusal(asker, { ...target, leaf })));
  const due = await outcomes(ofRouter());
  expect(due.filter((code) => code === undefined)).toHaveLength(1);
  expect(due.filter((code) => code === "not-validator")).toHaveLength(2);
  expect(await outcomes(ofMiner(miner))).toEqual(due);
  const stranger = await network.asker(newPrivateKey());
  expect(await refusal(stranger, { ...ofRouter(), leaf })).toBe("not-validator");
  const late = await network.addValidator();
  expect(await refusal(late.asker, { ...ofRouter(), leaf })).toBe("not-validator");
});

test("a leaf that is unknown, of another epoch, or no longer kept is refused by its reason", async () => {
  const { asker, leaf } = await audited();
  expect(await refusal(asker, { ...ofRouter(), leaf: `0x${"00".repeat(32)}` })).toBe("leaf-unknown");
  expect(await refusal(asker, { ...ofRouter(), epoch: 0, leaf })).toBe("leaf-unknown");
  expect(await refusal(asker, { ...ofRouter(), epoch: 9, leaf })).toBe("bad-request");
  await network.router.audit.transcripts.forgetBefore(2);
  expect(await refusal(asker, { ...ofRouter(), leaf })).toBe("not-kept");
});

test("a miner that is not connected here cannot be asked here, and the chain's silence is a retry", async () => {
  const { asker, leaf } = await audited();
  const elsewhere = { ...ofRouter(), node: `0x${"11".repeat(20)}` as const };
  expect(await refusal(asker, { ...elsewhere, leaf })).toBe("peer-unreachable");
  await network.router.stop();
  await expect(asker.transcript({ ...ofRouter(), leaf }, soon())).rejects.toMatchObject({ code: "peer-unreachable" });
});

test("a validator sees when what it is shown was changed on the way", async () => {
  const { asker, leaf } = await audited();
  const kept = network.router.audit.transcript(leaf);
  if (kept === undefined) throw new Error("it is not kept");
  for (const change of [{ salt: leaf }, { ids: kept.ids.slice(1) }, { input: { kind: "text", text: "?" } as const }]) {
    await network.routerStore.write(network.router.audit.transcripts.rows({ ...kept, ...change }, 1));
    await expect(asker.transcript({ ...ofRouter(), leaf }, soon())).rejects.toMatchObject({ code: "peer-protocol" });
  }
});
