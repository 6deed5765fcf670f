import { describe, expect, onTestFinished, test } from "vitest";
import type { CortensorError } from "../../src/errors/cortensorError.ts";
import { PROTOCOLS, type PeerStream, type Transport } from "../../src/p2p/interface.ts";
import type { Address } from "../../src/util/types.ts";

export interface SuiteLimits {
  readonly bytesPerSecond?: number;
  readonly burstBytes?: number;
  readonly queueBytes?: number;
}

/** One implementation under test: nodes have small numbers, and a node of the same number is the same peer. */
export interface TransportKind {
  readonly name: string;
  /** A fresh network; `transport` gives a transport that is not started. `at` are addresses to take over after a restart. */
  network(limits?: SuiteLimits): {
    transport(node: number, at?: readonly string[]): Transport;
    address(node: number): Address;
    /** An address where nobody is. */
    readonly nowhere: string;
  };
}

const MIB = 1_048_576;
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

export function transportSuite(kind: TransportKind): void {
  const setUp = async (limits?: SuiteLimits) => {
    const network = kind.network(limits);
    const accepted: PeerStream[] = [];
    const waiting: ((stream: PeerStream) => void)[] = [];
    const accept = (stream: PeerStream): void => {
      const next = waiting.shift();
      if (next === undefined) accepted.push(stream);
      else next(stream);
    };
    const start = async (node: number, at?: readonly string[]): Promise<Transport> => {
      const transport = network.transport(node, at);
      onTestFinished(() => transport.stop());
      if (node === 1) transport.handle(PROTOCOLS.task, accept);
      await transport.start();
      return transport;
    };
    const router = await start(1);
    const miner = await start(2);
    const arrival = (): Promise<PeerStream> => {
      const here = accepted.shift();
      return here === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(here);
    };
    const line = async (): Promise<readonly [near: PeerStream, far: PeerStream]> => {
      const near = await miner.open(addressOf(router), PROTOCOLS.task, soon());
      return [near, await arrival()];
    };
    return { network, start, router, miner, line, arrival };
  };

  describe(`a ${kind.name} transport`, () => {
    test("carries frames both ways between peers that know each other's chain address", async () => {
      const { network, line } = await setUp();
      const [near, far] = await line();
      expect([near.remote, far.remote]).toEqual([network.address(1), network.address(2)]);
      near.send(bytes(5, 1));
      expect(await take(far, 1)).toEqual([bytes(5, 1)]);
      far.send(bytes(7, 2));
      expect(await take(near, 1)).toEqual([bytes(7, 2)]);
    });

    test("keeps the order of many frames of mixed sizes", async () => {
      const { line } = await setUp();
      const [near, far] = await line();
      const sizes = Array.from({ length: 2000 }, (_, i) => ((i * 7919) % 3000) + 1);
      for (const [i, size] of sizes.entries()) near.send(bytes(size, i));
      const got = await take(far, sizes.length);
      expect(got.map((frame) => [frame.byteLength, frame[0]])).toEqual(sizes.map((size, i) => [size, i % 256]));
    });

    test("carries a frame of 1 MiB and refuses to send a larger one, or none", async () => {
      const { line } = await setUp();
      const [near, far] = await line();
      expect(() => near.send(new Uint8Array(MIB + 1))).toThrow(expect.objectContaining({ code: "peer-protocol" }));
      expect(() => near.send(new Uint8Array())).toThrow(expect.objectContaining({ code: "peer-protocol" }));
      near.send(bytes(MIB, 9));
      const [frame] = await take(far, 1);
      expect(frame?.byteLength).toBe(MIB);
      expect(frame?.at(-1)).toBe(9);
    });

    test("delivers what was sent before a close, and then the end", async () => {
      const { line } = await setUp();
      const [near, far] = await line();
      for (let i = 0; i < 300; i += 1) near.send(bytes(10_000, i));
      const [got] = await Promise.all([all(far), near.close(), near.close()]);
      expect(got).toHaveLength(300);
      expect(await all(near)).toEqual([]);
      expect(() => near.send(bytes(1, 1))).toThrow(expect.objectContaining({ code: "peer-unreachable" }));
      expect(() => far.send(bytes(1, 1))).toThrow(expect.objectContaining({ code: "peer-unreachable" }));
      await far.close();
    });

    test("drops an aborted line at once: the own reader sees the reason, the peer a broken line", async () => {
      const { line } = await setUp();
      const [near, far] = await line();
      near.send(bytes(3, 1));
      await take(far, 1);
      const reason = new Error("no more");
      near.abort(reason);
      await expect(all(near)).rejects.toBe(reason);
      await expect(all(far)).rejects.toMatchObject({ code: "peer-unreachable" });
      expect(() => near.send(bytes(1, 1))).toThrow();
      expect(() => far.send(bytes(1, 1))).toThrow(expect.objectContaining({ code: "peer-unreachable" }));
    });

    test("says which address did not answer, and why", async () => {
      const { network, miner } = await setUp();
      const failure = miner.open(network.nowhere, PROTOCOLS.task, soon());
      await expect(failure).rejects.toMatchObject({
        code: "peer-unreachable",
        details: { data: { address: network.nowhere, reason: "nothing listens there" } },
      });
    });

    test("does not open a protocol that the peer does not handle", async () => {
      const { start, miner } = await setUp();
      const third = await start(3);
      await expect(miner.open(addressOf(third), PROTOCOLS.task, soon())).rejects.toMatchObject({
        code: "peer-unreachable",
        details: { data: { reason: expect.stringContaining("does not speak") } },
      });
    });

    test("reaches a peer that dialled, on another protocol, also one that is offered after the start", async () => {
      const { network, router, miner, line } = await setUp();
      const [near] = await line();
      const arrived = Promise.withResolvers<PeerStream>();
      miner.handle(PROTOCOLS.probe, arrived.resolve);
      const back = await untilReached(router, network.address(2));
      expect(back.remote).toBe(network.address(2));
      back.send(bytes(5, 1));
      const there = await arrived.promise;
      expect(there.remote).toBe(network.address(1));
      expect(await take(there, 1)).toEqual([bytes(5, 1)]);
      there.send(bytes(6, 2));
      expect(await take(back, 1)).toEqual([bytes(6, 2)]);
      await expect(router.reach(network.address(2), PROTOCOLS.audit, soon())).rejects.toMatchObject({
        code: "peer-unreachable",
      });
      near.send(bytes(1, 1));
    });

    test("reaches nobody who is not connected, and is quiet when called off", async () => {
      const { network, router, line } = await setUp();
      await expect(router.reach(network.address(9), PROTOCOLS.probe, soon())).rejects.toMatchObject({
        code: "peer-unreachable",
        details: { data: { reason: "it is not connected" } },
      });
      await line();
      const off = router.reach(network.address(2), PROTOCOLS.probe, AbortSignal.abort());
      await expect(off).rejects.toMatchObject({ name: "AbortError" });
    });

    test("ends a dial quietly when it is aborted, and as unreachable when its time is up", async () => {
      const { router, miner } = await setUp();
      await expect(miner.open(addressOf(router), PROTOCOLS.task, AbortSignal.abort())).rejects.toMatchObject({
        name: "AbortError",
      });
      const late = AbortSignal.abort(new DOMException("late", "TimeoutError"));
      await expect(miner.open(addressOf(router), PROTOCOLS.task, late)).rejects.toMatchObject({
        code: "peer-unreachable",
      });
    });

    test("drops a peer that sends faster than its rate", async () => {
      const { line } = await setUp({ bytesPerSecond: 1000, burstBytes: 100_000 });
      const [near, far] = await line();
      for (let i = 0; i < 20; i += 1) near.send(bytes(10_000, i));
      const { frames, error } = await untilError(far);
      expect(frames.length).toBeLessThan(10);
      expect(error).toMatchObject({ code: "peer-protocol" });
      expect((await untilError(near)).error).toMatchObject({ code: "peer-unreachable" });
    });

    test("counts the rate of a peer over all its streams and across reconnects", async () => {
      const { line } = await setUp({ bytesPerSecond: 1000, burstBytes: 100_000 });
      const [first, firstFar] = await line();
      first.send(bytes(80_000, 1));
      expect(await take(firstFar, 1)).toHaveLength(1);
      await first.close();
      const [second, secondFar] = await line();
      second.send(bytes(80_000, 1));
      expect((await untilError(secondFar)).error).toMatchObject({ code: "peer-protocol" });
    });

    test("drops a peer that does not read once the queue is full", async () => {
      const { line } = await setUp({ queueBytes: 3 * MIB });
      const [near] = await line();
      const sent = { mib: 0 };
      const flood = async (): Promise<void> => {
        for (; sent.mib < 200; sent.mib += 1) {
          near.send(bytes(MIB, 1));
          expect(near.queuedBytes).toBeLessThanOrEqual(3 * MIB + 4096);
          await turn();
        }
      };
      await expect(flood()).rejects.toMatchObject({
        code: "peer-unreachable",
        details: { data: { reason: expect.stringContaining("does not read") } },
      });
      expect(sent.mib).toBeGreaterThanOrEqual(2);
      expect(near.queuedBytes).toBe(0);
    });

    test("holds a fast sender back without losing a frame of a slow reader", async () => {
      const { line } = await setUp();
      const [near, far] = await line();
      for (let i = 0; i < 120; i += 1) near.send(bytes(100_000, i));
      for (let i = 0; i < 50; i += 1) await turn();
      expect(near.queuedBytes).toBeGreaterThan(0);
      const seen: (number | undefined)[] = [];
      for await (const frame of far.frames) {
        seen.push(frame[0]);
        if (seen.length === 120) break;
        await turn();
      }
      expect(seen).toEqual(Array.from({ length: 120 }, (_, i) => i));
      await near.close();
    });

    test("carries 40 streams of one peer at once", async () => {
      const { router, miner, arrival } = await setUp();
      const echo = async (): Promise<void> => {
        const stream = await arrival();
        for await (const frame of stream.frames) stream.send(frame);
      };
      const echoes = Promise.all(Array.from({ length: 40 }, echo));
      const ask = async (i: number): Promise<number | undefined> => {
        const stream = await miner.open(addressOf(router), PROTOCOLS.task, soon());
        stream.send(bytes(2000, i));
        const [answer] = await take(stream, 1);
        await stream.close();
        return answer?.[0];
      };
      expect(await Promise.all(Array.from({ length: 40 }, (_, i) => ask(i)))).toEqual(
        Array.from({ length: 40 }, (_, i) => i),
      );
      await echoes;
    });

    test("is reached again after a restart at the same address", async () => {
      const { start, router, miner, line, arrival } = await setUp();
      const [near] = await line();
      const addresses = router.addresses();
      await router.stop();
      await untilError(near);
      await expect(miner.open(addresses[0] ?? "", PROTOCOLS.task, soon())).rejects.toMatchObject({
        code: "peer-unreachable",
      });
      const again = await start(1, addresses);
      expect(again.addresses()).toEqual(addresses);
      const fresh = await miner.open(addressOf(again), PROTOCOLS.task, soon());
      fresh.send(bytes(4, 4));
      expect(await take(await arrival(), 1)).toEqual([bytes(4, 4)]);
    });

    test("measures a round trip to a connected peer and to no other", async () => {
      const { network, router, miner, line } = await setUp();
      await line();
      expect(await miner.ping(network.address(1), soon())).toBeGreaterThanOrEqual(0);
      expect(await router.ping(network.address(2), soon())).toBeLessThan(5000);
      await expect(miner.ping(network.address(7), soon())).rejects.toMatchObject({ code: "peer-unreachable" });
    });

    test("stops twice, ends its streams and opens none afterwards", async () => {
      const { router, miner, line } = await setUp();
      const [near, far] = await line();
      await Promise.all([miner.stop(), miner.stop()]);
      expect(await all(near)).toEqual([]);
      expect((await untilError(far)).frames).toEqual([]);
      await expect(miner.open(addressOf(router), PROTOCOLS.task, soon())).rejects.toMatchObject({
        code: "peer-unreachable",
      });
    });

    test("gives the frames of a stream to one reader", async () => {
      const { line } = await setUp();
      const [near, far] = await line();
      near.send(bytes(1, 1));
      await take(far, 1);
      await expect(far.frames[Symbol.asyncIterator]().next()).rejects.toThrow("one reader");
    });
  });
}

export function bytes(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill % 256);
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export async function all(stream: PeerStream): Promise<Uint8Array[]> {
  const { frames, error } = await untilError(stream);
  if (error !== undefined) throw error;
  return frames;
}

/** What a stream brings until it ends, and the error if it ended with one. */
export async function untilError(
  stream: PeerStream,
): Promise<{ frames: Uint8Array[]; error: CortensorError | undefined }> {
  const frames: Uint8Array[] = [];
  try {
    for (;;) {
      const { value, done } = await readerOf(stream).next();
      if (done === true) break;
      frames.push(value);
    }
  } catch (error) {
    return { frames, error: error as CortensorError };
  }
  return { frames, error: undefined };
}

function addressOf(transport: Transport): string {
  const [address] = transport.addresses();
  if (address === undefined) throw new Error("the transport has no address");
  return address;
}

/** A protocol that is offered after the start is there a moment later. */
async function untilReached(from: Transport, remote: Address): Promise<PeerStream> {
  for (const until = Date.now() + 5000; ; ) {
    try {
      return await from.reach(remote, PROTOCOLS.probe, soon());
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** The next frames, at most `count`; less when the stream ends. */
async function take(stream: PeerStream, count: number): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  while (frames.length < count) {
    const { value, done } = await readerOf(stream).next();
    if (done === true) break;
    frames.push(value);
  }
  return frames;
}

// A stream has one reader, which the helpers share.
const readers = new WeakMap<PeerStream, AsyncIterator<Uint8Array>>();

function readerOf(stream: PeerStream): AsyncIterator<Uint8Array> {
  const reader = readers.get(stream) ?? stream.frames[Symbol.asyncIterator]();
  readers.set(stream, reader);
  return reader;
}
