import { afterEach, expect, it } from "vitest";
import { createEngine } from "../../../src/engine/index.ts";
import { createSigner, newPrivateKey, recover, sealTo } from "../../../src/keys/index.ts";
import { Miner } from "../../../src/miner/miner.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { WorkMeter } from "../../../src/observability/work.ts";
import type { PeerStream } from "../../../src/p2p/interface.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { systemClock } from "../../../src/util/clock.ts";
import { AUDIT, testVault } from "../../support/auditParts.ts";
import { RoleNetwork, randomHex } from "../../support/roleNetwork.ts";

let network: RoleNetwork;
afterEach(async () => {
  await network.stop();
});

/** A miner whose lines a test opens by hand. */
async function minerByHand() {
  network = await RoleNetwork.create();
  const store = new MemoryStore();
  await store.start();
  const lines: ((stream: PeerStream) => Promise<void>)[] = [];
  const signer = createSigner(newPrivateKey());
  const miner = new Miner(
    {
      owner: signer.address,
      software: "test",
      promptPrice: 1n,
      outputPrice: 1n,
      exposureWei: 1n,
      drainMs: 0,
      routers: [],
      audit: AUDIT,
    },
    {
      chain: network.chain,
      engine: createEngine({ kind: "scripted" }, { log: createSilentLog() }),
      store,
      signer,
      recover,
      vault: testVault(),
      sealTo,
      work: new WorkMeter(systemClock),
      clock: systemClock,
      log: createSilentLog(),
      randomBytes32: () => randomHex(32),
      handle: () => {},
      keepOpen: (_, onStream) => {
        lines.push(onStream);
        return () => {};
      },
    },
  );
  await miner.start();
  return { miner, open: (stream: PeerStream) => lines[0]?.(stream) };
}

/** A line that ends at once, and what was said on it. */
function shortLine(): PeerStream & { readonly said: number } {
  let said = 0;
  return {
    remote: network.routerSigner.address,
    queuedBytes: 0,
    frames: (async function* () {})(),
    send: () => void (said += 1),
    close: () => Promise.resolve(),
    abort: () => {},
    get said() {
      return said;
    },
  };
}

it("a miner says hello on each new line, and on none once it drains", async () => {
  const { miner, open } = await minerByHand();
  const before = shortLine();
  await open(before);
  expect(before.said).toBe(1);
  await miner.stop();
  const after = shortLine();
  await open(after);
  expect(after.said).toBe(0);
  expect(miner.connected).toBe(0);
});
