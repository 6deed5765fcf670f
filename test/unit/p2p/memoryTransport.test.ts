import { expect, test } from "vitest";
import { PROTOCOLS, type PeerStream } from "../../../src/p2p/interface.ts";
import { createMemoryNetwork } from "../../../src/p2p/memory/memoryNetwork.ts";
import { DEFAULT_LIMITS } from "../../../src/p2p/streamLimits.ts";
import type { Address } from "../../../src/util/types.ts";
import { bytes, transportSuite, turn, untilError } from "../../support/transportSuite.ts";

const addressOf = (node: number): Address => `0x${node.toString(16).padStart(40, "0")}`;

transportSuite({
  name: "memory",
  network(limits = {}) {
    const { rate, stream } = DEFAULT_LIMITS;
    const network = createMemoryNetwork({
      rate: {
        bytesPerSecond: limits.bytesPerSecond ?? rate.bytesPerSecond,
        burstBytes: limits.burstBytes ?? rate.burstBytes,
      },
      limits: { queueBytes: limits.queueBytes ?? stream.queueBytes },
    });
    return {
      transport: (node) => network.transport(addressOf(node)),
      address: addressOf,
      nowhere: `/memory/${addressOf(99)}`,
    };
  },
});

async function connected() {
  const network = createMemoryNetwork();
  const [a, b] = [network.transport(addressOf(1)), network.transport(addressOf(2))];
  const arrived = Promise.withResolvers<PeerStream>();
  a.handle(PROTOCOLS.task, arrived.resolve);
  await a.start();
  await b.start();
  const near = await b.open(a.addresses()[0] ?? "", PROTOCOLS.task, AbortSignal.timeout(1000));
  return { network, a, b, near, far: await arrived.promise };
}

test("a cut line breaks its streams on both sides and refuses new ones until it is mended", async () => {
  const { network, a, b, near, far } = await connected();
  network.cut(addressOf(1), addressOf(2));
  for (const stream of [near, far])
    expect((await untilError(stream)).error).toMatchObject({ code: "peer-unreachable" });
  const open = (): Promise<PeerStream> => b.open(a.addresses()[0] ?? "", PROTOCOLS.task, AbortSignal.timeout(1000));
  await expect(open()).rejects.toMatchObject({ code: "peer-unreachable" });
  network.mend(addressOf(2), addressOf(1));
  expect((await open()).remote).toBe(addressOf(1));
});

test("a held line delivers nothing until it is released, and then everything in order", async () => {
  const { network, near, far } = await connected();
  network.hold(addressOf(1), addressOf(2));
  const got: (number | undefined)[] = [];
  const reading = (async () => {
    for await (const frame of far.frames) got.push(frame[0]);
  })();
  for (let i = 0; i < 5; i += 1) near.send(bytes(10, i));
  await turn();
  await turn();
  expect(got).toEqual([]);
  network.release(addressOf(1), addressOf(2));
  await near.close();
  await reading;
  expect(got).toEqual([0, 1, 2, 3, 4]);
});

test("two nodes of one address cannot run at once", async () => {
  const { network } = await connected();
  await expect(network.transport(addressOf(1)).start()).rejects.toMatchObject({ code: "port-in-use" });
});
