import { expect, onTestFinished, test } from "vitest";
import { recover } from "../../../src/keys/index.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { httpLeafPages } from "../../../src/validator/httpLeafPages.ts";
import { readLeafList } from "../../../src/validator/leafList.ts";
import { LeafLister } from "../../../src/validator/leafLister.ts";
import { systemClock } from "../../../src/util/clock.ts";
import { auditorNetwork } from "../../support/auditorNetwork.ts";
import { httpServer } from "../../support/httpServer.ts";

const NEVER = new AbortController().signal;

async function listed() {
  const { network, answered } = await auditorNetwork();
  onTestFinished(() => network.stop());
  await network.addMiner();
  const epoch = await answered(3);
  const { url } = await httpServer({}, { router: network.router });
  const [anchor] = (await network.chain.epochRecord(epoch)).anchors;
  if (anchor === undefined) throw new Error("nothing is anchored");
  const router = { address: network.routerSigner.address, addresses: ["/memory/here", url] };
  return { network, epoch, anchor, router, deps: { pages: httpLeafPages, domain: network.chain.domain, recover } };
}

test("a validator reads what a router anchored at its public address", async () => {
  const { network, epoch, anchor, router, deps } = await listed();
  const leaves = await readLeafList({ epoch, anchor, router }, deps, NEVER);
  const known = [...network.router.leaves(epoch)].map(([leaf, { receipt, model }]) => ({
    leaf,
    model,
    order: receipt.order,
  }));
  expect(leaves).toMatchObject(known);
  expect(leaves).toHaveLength(3);
});

test("a list is not that of another anchor, and a router without an address or an answer is not there", async () => {
  const { network, epoch, anchor, router, deps } = await listed();
  for (const change of [{ count: 2 }, { count: 4 }, { feeSumWei: 1n }, { root: network.chain.head().hash }])
    await expect(readLeafList({ epoch, anchor: { ...anchor, ...change }, router }, deps, NEVER)).rejects.toMatchObject({
      code: "peer-protocol",
    });
  for (const addresses of [[], ["/memory/here"], ["http://127.0.0.1:9/"]])
    await expect(readLeafList({ epoch, anchor, router: { ...router, addresses } }, deps, NEVER)).rejects.toMatchObject({
      code: "peer-unreachable",
    });
  await expect(readLeafList({ epoch: epoch + 5, anchor, router }, deps, NEVER)).rejects.toMatchObject({
    code: "peer-unreachable",
  });
});

test("the lists of the routers that answer are there when the time of the others is over", async () => {
  const { network, epoch, anchor, router, deps } = await listed();
  const away = { ...anchor, node: `0x${"22".repeat(20)}` } as const;
  const record = await network.chain.node(router.address);
  if (record === undefined) throw new Error("the router is not registered");
  const lister = new LeafLister(
    { retryMs: 5 },
    { ...deps, chain: network.chain, clock: systemClock, log: createSilentLog() },
  );
  const wanted = { epoch, anchors: [anchor, away], routers: [{ ...record, addresses: router.addresses }] };
  const late = AbortSignal.timeout(300);
  const { leaves, wrong } = await lister.read(wanted, { signal: NEVER, late });
  expect([leaves.length, wrong]).toEqual([3, [away.node]]);
  await expect(lister.read(wanted, { signal: AbortSignal.abort(), late })).rejects.toMatchObject({
    name: "AbortError",
  });
});
