import { expect, onTestFinished, test } from "vitest";
import type { CortensorError } from "../../../src/errors/cortensorError.ts";
import { PROTOCOLS, type PeerStream } from "../../../src/p2p/interface.ts";
import { createMemoryNetwork } from "../../../src/p2p/memory/memoryNetwork.ts";
import { keepOpen } from "../../../src/p2p/redial.ts";
import type { Address } from "../../../src/util/types.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { turn } from "../../support/transportSuite.ts";

const addressOf = (node: number): Address => `0x${node.toString(16).padStart(40, "0")}`;

async function setUp(routerUp = true) {
  const clock = new FakeClock();
  const network = createMemoryNetwork({ clock });
  const startRouter = async () => {
    const router = network.transport(addressOf(1));
    router.handle(PROTOCOLS.task, (stream) => void drain(stream).catch(() => undefined));
    await router.start();
    return router;
  };
  const router = routerUp ? await startRouter() : undefined;
  const miner = network.transport(addressOf(2));
  await miner.start();
  const downs: { error: unknown; nextInMs: number }[] = [];
  const seen = { opened: 0 };
  const kept = keepOpen({
    address: `/memory/${addressOf(1)}`,
    protocol: PROTOCOLS.task,
    transport: miner,
    clock,
    backoff: { firstMs: 1000, maxMs: 8000 },
    random: () => 1,
    onStream: async (stream) => {
      seen.opened += 1;
      await drain(stream);
    },
    onDown: ({ error, nextInMs }) => downs.push({ error, nextInMs }),
  });
  onTestFinished(() => kept.stop());
  await turn();
  return { clock, network, startRouter, router, kept, downs, seen };
}

async function drain(stream: PeerStream): Promise<void> {
  for await (const _frame of stream.frames);
}

test("a line that goes down is opened again", async () => {
  const { clock, network, kept, downs, seen } = await setUp();
  expect(kept.connected).toBe(true);
  network.cut(addressOf(1), addressOf(2));
  await turn();
  expect(kept.connected).toBe(false);
  expect(downs).toEqual([{ error: expect.objectContaining({ code: "peer-unreachable" }), nextInMs: 1000 }]);
  network.mend(addressOf(1), addressOf(2));
  await clock.pass(1000);
  expect([kept.connected, seen.opened]).toEqual([true, 2]);
});

test("waits grow to the limit while nobody is there, and a router that comes back is found", async () => {
  const { clock, startRouter, kept, downs } = await setUp(false);
  await clock.pass(40_000);
  expect(downs.map(({ nextInMs }) => nextInMs)).toEqual([1000, 2000, 4000, 8000, 8000, 8000, 8000, 8000]);
  await startRouter();
  await clock.pass(8000);
  expect(kept.connected).toBe(true);
});

test("a line that has stood long makes the next wait short again, a short one does not", async () => {
  const { clock, network, downs } = await setUp();
  const cut = async () => {
    network.cut(addressOf(1), addressOf(2));
    await turn();
    network.mend(addressOf(1), addressOf(2));
  };
  for (const stoodMs of [100, 100, 8000]) {
    await clock.pass(stoodMs);
    await cut();
    await clock.pass(downs.at(-1)?.nextInMs ?? 0);
  }
  expect(downs.map(({ nextInMs }) => nextInMs)).toEqual([1000, 2000, 1000]);
});

test("a retry does not wait", async () => {
  const { startRouter, kept } = await setUp(false);
  await startRouter();
  kept.retry();
  await turn();
  expect(kept.connected).toBe(true);
});

test("a user of the stream that fails counts as a line that is down, and its stream is closed", async () => {
  const clock = new FakeClock();
  const network = createMemoryNetwork({ clock });
  const router = network.transport(addressOf(1));
  const ends: string[] = [];
  router.handle(PROTOCOLS.task, (stream) => void drain(stream).then(() => ends.push("end")));
  const miner = network.transport(addressOf(2));
  await router.start();
  await miner.start();
  const downs: unknown[] = [];
  const kept = keepOpen({
    address: () => `/memory/${addressOf(1)}`,
    protocol: PROTOCOLS.task,
    transport: miner,
    clock,
    onStream: () => Promise.reject(new Error("hello refused")),
    onDown: ({ error }) => downs.push((error as CortensorError).message),
  });
  await turn();
  await turn();
  expect([downs, ends]).toEqual([["hello refused"], ["end"]]);
  await kept.stop();
});

test("a stop ends the stream, the waiting and the dialling", async () => {
  const up = await setUp();
  await Promise.all([up.kept.stop(), up.kept.stop()]);
  expect([up.kept.connected, up.downs, up.clock.waiting]).toEqual([false, [], 0]);
  const waiting = await setUp(false);
  await waiting.kept.stop();
  await waiting.clock.pass(60_000);
  expect(waiting.downs).toHaveLength(1);
});
