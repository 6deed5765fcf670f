import { expect, onTestFinished, test } from "vitest";
import { createTransport } from "../../../src/p2p/index.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { partLeaf } from "../../../src/protocol/receiptBundle.ts";
import { RENDERER_VERSION } from "../../../src/protocol/render.ts";
import { TestDraws } from "../../support/draws.ts";
import { RoleNetwork } from "../../support/roleNetwork.ts";

const soon = (): AbortSignal => AbortSignal.timeout(20_000);

test("a validator asks a router and a miner that listens on nothing, over real lines", async () => {
  const draws = new TestDraws();
  const network = await RoleNetwork.create({
    draws,
    transport: (privateKey, { listens }) =>
      createTransport(
        { privateKey, listen: listens ? { host: "127.0.0.1", port: 0 } : undefined },
        { log: createSilentLog() },
      ),
  });
  onTestFinished(() => network.stop());
  const { asker, signer } = await network.addValidator();
  draws.validators = [signer.address];
  network.chain.advance(60);
  const miner = await network.addMiner();
  const { finish } = await network.ask();
  const [part] = finish.bundle.parts;
  if (part === undefined) throw new Error("there is no receipt");
  const leaf = partLeaf(part);
  while (miner.miner.audit.receipts.epochOf(leaf) === undefined) await new Promise((next) => setTimeout(next, 5));
  network.chain.advance(60);
  const via = network.routerAddress;
  const wish = {
    model: part.order.model,
    input: { kind: "text", text: "A dog is" },
    params: { maxTokens: 1, temperature: 1, topP: 1, topK: 64, minP: 0, stop: [], renderer: RENDERER_VERSION },
    seed: 1n,
  } as const;
  for (const node of [network.routerSigner.address, miner.signer.address]) {
    expect((await asker.pong({ via, node, epoch: 2 }, soon())).node).toBe(node);
    const transcript = await asker.transcript({ via, node, epoch: 1, leaf }, soon());
    expect(transcript).toMatchObject({ leaf, ids: finish.bundle.ids });
  }
  const { receipt } = await asker.check({ via, node: miner.signer.address, epoch: 2 }, wish, soon());
  expect(receipt.record.fee).toBe(0n);
});
