import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { createSilentLog } from "../../../src/observability/log.ts";
import { createTransport, type TransportOptions } from "../../../src/p2p/index.ts";
import { PROTOCOLS, type PeerStream, type Transport } from "../../../src/p2p/interface.ts";
import { addressOfPublicKey } from "../../../src/protocol/hash.ts";
import type { Address, Hex } from "../../../src/util/types.ts";
import { createECDH } from "node:crypto";
import { bytes, transportSuite, untilError } from "../../support/transportSuite.ts";

const keyOf = (node: number): Hex => `0x${node.toString(16).padStart(64, "0")}`;
const soon = (): AbortSignal => AbortSignal.timeout(10_000);
const deps = { log: createSilentLog() };

function addressOf(node: number): Address {
  const curve = createECDH("secp256k1");
  curve.setPrivateKey(keyOf(node).slice(2), "hex");
  return addressOfPublicKey(curve.getPublicKey());
}

transportSuite({
  name: "libp2p",
  network: (limits = {}) => ({
    transport: (node, at) =>
      createTransport(
        { ...limits, privateKey: keyOf(node), listen: { host: "127.0.0.1", port: portOf(at?.[0]) } },
        deps,
      ),
    address: addressOf,
    nowhere: "/ip4/127.0.0.1/tcp/45871/ws",
  }),
});

async function started(
  options: Partial<TransportOptions> & { node: number },
  accept?: (stream: PeerStream) => void,
): Promise<Transport> {
  const { node, ...rest } = options;
  const transport = createTransport({ privateKey: keyOf(node), listen: { host: "127.0.0.1", port: 0 }, ...rest }, deps);
  onTestFinished(() => transport.stop());
  if (accept !== undefined) transport.handle(PROTOCOLS.task, accept);
  await transport.start();
  return transport;
}

test("a miner that listens on nothing opens a stream over the WebSocket and over TCP", async () => {
  const streams: PeerStream[] = [];
  const router = await started({ node: 1, listen: { host: "127.0.0.1", port: 0, tcpPort: 0 } }, (stream) =>
    streams.push(stream),
  );
  const miner = await started({ node: 2, listen: undefined });
  expect(miner.addresses()).toEqual([]);
  expect(router.addresses()).toHaveLength(2);
  for (const address of router.addresses()) {
    const other = await started({ node: 3, listen: undefined });
    const near = await other.open(address, PROTOCOLS.task, soon());
    near.send(bytes(3, 3));
    expect(near.remote).toBe(addressOf(1));
    await other.stop();
  }
  expect(streams.map((stream) => stream.remote)).toEqual([addressOf(3), addressOf(3)]);
});

test("names the port that is in use", async () => {
  const first = await started({ node: 1 });
  const port = portOf(first.addresses()[0]);
  const second = createTransport({ privateKey: keyOf(2), listen: { host: "127.0.0.1", port } }, deps);
  await expect(second.start()).rejects.toMatchObject({ code: "port-in-use", details: { data: { port } } });
  await second.stop();
});

test("tells announced addresses, with its peer id, instead of those listened on", async () => {
  const router = await started({ node: 1, announce: ["/dns4/router.example/tcp/443/wss"] });
  expect(router.addresses()).toEqual([
    expect.stringMatching(/^\/dns4\/router\.example\/tcp\/443\/(tls\/ws|wss)\/p2p\/16Uiu2/),
  ]);
});

test("refuses a node that answers with another key than the address says", async () => {
  const [one, two] = [await started({ node: 1 }), await started({ node: 2 })];
  const miner = await started({ node: 3, listen: undefined });
  const forged = `${(one.addresses()[0] ?? "").split("/p2p/")[0]}/p2p/${(two.addresses()[0] ?? "").split("/p2p/")[1]}`;
  await expect(miner.open(forged, PROTOCOLS.task, soon())).rejects.toMatchObject({
    code: "peer-unreachable",
    details: { data: { address: forged, reason: "another node answers there" } },
  });
});

test("says that another program listens at the address", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const miner = await started({ node: 3, listen: undefined });
  await expect(miner.open(`/ip4/127.0.0.1/tcp/${port}/ws`, PROTOCOLS.task, soon())).rejects.toMatchObject({
    details: { data: { reason: "what listens there does not answer as a cortensor node" } },
  });
  await expect(miner.open("not an address", PROTOCOLS.task, soon())).rejects.toMatchObject({
    code: "peer-unreachable",
  });
});

test("both sides notice a line that has died without a word", async () => {
  const arrived = Promise.withResolvers<PeerStream>();
  const router = await started({ node: 1, heartbeatMs: 100 }, arrived.resolve);
  const miner = await started({ node: 2, listen: undefined, heartbeatMs: 100 });
  const proxy = await proxyTo(portOf(router.addresses()[0]));
  const near = await miner.open(`/ip4/127.0.0.1/tcp/${proxy.port}/ws`, PROTOCOLS.task, soon());
  const far = await arrived.promise;
  const startedAt = performance.now();
  proxy.freeze();
  const [own, other] = await Promise.all([untilError(near), untilError(far)]);
  expect(own.error).toMatchObject({ code: "peer-unreachable" });
  expect(other.error).toMatchObject({ code: "peer-unreachable" });
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

test("both sides notice a cut line at once", async () => {
  const arrived = Promise.withResolvers<PeerStream>();
  const router = await started({ node: 1 }, arrived.resolve);
  const miner = await started({ node: 2, listen: undefined });
  const proxy = await proxyTo(portOf(router.addresses()[0]));
  const near = await miner.open(`/ip4/127.0.0.1/tcp/${proxy.port}/ws`, PROTOCOLS.task, soon());
  const far = await arrived.promise;
  const startedAt = performance.now();
  proxy.cut();
  const ends = await Promise.all([untilError(near), untilError(far)]);
  for (const { error } of ends) expect(error).toMatchObject({ code: "peer-unreachable" });
  expect(performance.now() - startedAt).toBeLessThan(1500);
});

test("a socket that never speaks does not hold up a stop", async () => {
  const router = await started({ node: 1 });
  const socket = connect(portOf(router.addresses()[0]), "127.0.0.1");
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const startedAt = performance.now();
  await router.stop();
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

test("goes on serving after sockets that break off at every point of the handshake", async () => {
  const router = await started({ node: 1, listen: { host: "127.0.0.1", port: 0, tcpPort: 0 } }, () => undefined);
  const upgrade =
    "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  for (const address of router.addresses()) {
    for (const said of [
      "",
      "G",
      "\x16",
      "GET / HTTP/1.1\r\n\r\n",
      upgrade,
      `${upgrade}\x82\x05hello`,
      "\x13/multistream/1.0.0\n",
      "x".repeat(100_000),
    ]) {
      for (const leave of ["resetAndDestroy", "end"] as const) {
        const socket = connect(portOf(address), "127.0.0.1");
        socket.on("error", () => undefined);
        await once(socket, "connect");
        if (said !== "") await new Promise((resolve) => socket.write(said, "latin1", resolve));
        socket[leave]();
      }
    }
  }
  const miner = await started({ node: 2, listen: undefined });
  for (const address of router.addresses()) {
    const stream = await miner.open(address, PROTOCOLS.task, soon());
    await stream.close();
  }
});

/** A TCP proxy whose line can be frozen (nothing is closed, nothing passes) or cut. */
async function proxyTo(target: number): Promise<{ port: number; freeze(): void; cut(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on("error", () => undefined);
    near.pipe(far);
    far.pipe(near);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const freeze = (): void => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { port: (server.address() as { port: number }).port, freeze, cut };
}

function portOf(address: string | undefined): number {
  return Number(/\/tcp\/(\d+)/.exec(address ?? "")?.[1] ?? 0);
}
