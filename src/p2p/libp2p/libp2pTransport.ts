import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Log } from "../../observability/log.ts";
import type { Address, Clock } from "../../util/types.ts";
import { FrameStream, type FrameStreamOptions } from "../frameStream.ts";
import type { PeerStream, ProtocolId, Transport } from "../interface.ts";
import { type ByteRate, PeerBuckets } from "../rateLimit.ts";
import { givenUp, notReached } from "../unreachable.ts";
import { Heartbeat, type HeartbeatOptions } from "./heartbeat.ts";
import { createNode, MAX_STREAMS } from "./node.ts";
import { peerAddress } from "./peerAddress.ts";
import { pingLine } from "./pingLine.ts";
import { probe } from "./probe.ts";
import { reasonOf, UNKNOWN_REASON } from "./reason.ts";
import { StreamPipe } from "./streamPipe.ts";

export interface Libp2pOptions {
  readonly privateKey: Uint8Array;
  readonly listen: { readonly host: string; readonly port: number; readonly tcpPort?: number } | undefined;
  readonly announce: readonly string[];
  readonly maxConnections: number;
  readonly heartbeat: HeartbeatOptions;
  readonly rate: ByteRate;
  readonly stream: Omit<FrameStreamOptions, "remote">;
}

/** After this long a stop no longer waits: a socket that never spoke holds the listener open. */
const STOP_MS = 3000;

/** The network over libp2p. */
export class Libp2pTransport implements Transport {
  readonly #options: Libp2pOptions;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #handlers = new Map<ProtocolId, (stream: PeerStream) => void>();
  readonly #streams = new Set<PeerStream>();
  readonly #lines = new Map<Address, Connection>();
  readonly #buckets: PeerBuckets;
  readonly #heartbeat: Heartbeat;
  #node: Libp2p | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: Libp2pOptions, deps: { readonly log: Log; readonly clock: Clock }) {
    this.#options = options;
    this.#log = deps.log;
    this.#clock = deps.clock;
    this.#buckets = new PeerBuckets(options.rate, deps.clock);
    this.#heartbeat = new Heartbeat(options.heartbeat, deps.clock);
  }

  async start(): Promise<void> {
    const { listen, privateKey, announce, maxConnections } = this.#options;
    const node = await createNode(
      { privateKey, announce, maxConnections, listen: listenAddresses(listen) },
      this.#heartbeat,
    );
    this.#node = node;
    node.addEventListener("connection:open", ({ detail }) => this.#opened(detail));
    node.addEventListener("connection:close", ({ detail }) => this.#closed(detail));
    try {
      for (const [protocol, accept] of this.#handlers) await this.#register(node, protocol, accept);
      await node.start();
    } catch (error) {
      await this.stop();
      throw startFailure(error, listen);
    }
    this.#heartbeat.start();
    this.#log.info("peer transport started", { addresses: this.addresses() });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  addresses(): readonly string[] {
    return this.#node?.getMultiaddrs().map((address) => address.toString()) ?? [];
  }

  handle(protocol: ProtocolId, accept: (stream: PeerStream) => void): void {
    this.#handlers.set(protocol, accept);
    if (this.#node === undefined) return;
    this.#register(this.#node, protocol, accept).catch((error: unknown) =>
      this.#log.error("protocol could not be offered", { protocol }, error),
    );
  }

  async open(address: string, protocol: ProtocolId, signal: AbortSignal): Promise<PeerStream> {
    if (signal.aborted) throw givenUp(address, signal);
    const node = this.#running(address);
    try {
      const connection = await node.dial(multiaddr(address), { signal });
      const remote = peerAddress(connection.remotePeer);
      if (remote === undefined) throw new Error("its key is not a secp256k1 key");
      const stream = await connection.newStream(protocol, { signal, maxOutboundStreams: MAX_STREAMS });
      return this.#adopt(stream, remote);
    } catch (error) {
      if (signal.aborted) throw givenUp(address, signal);
      const reason = reasonOf(error);
      throw notReached(address, reason === UNKNOWN_REASON ? ((await probe(address)) ?? reason) : reason, error);
    }
  }

  async reach(remote: Address, protocol: ProtocolId, signal: AbortSignal): Promise<PeerStream> {
    if (signal.aborted) throw givenUp(remote, signal);
    const line = this.#lines.get(remote);
    if (line === undefined) throw notReached(remote, "it is not connected");
    try {
      const stream = await line.newStream(protocol, { signal, maxOutboundStreams: MAX_STREAMS });
      return this.#adopt(stream, remote);
    } catch (error) {
      throw signal.aborted ? givenUp(remote, signal) : notReached(remote, reasonOf(error), error);
    }
  }

  async ping(remote: Address, signal: AbortSignal): Promise<number> {
    if (signal.aborted) throw givenUp(remote, signal);
    const line = this.#lines.get(remote);
    if (line === undefined) throw notReached(remote, "it is not connected");
    try {
      return await pingLine(line, signal);
    } catch (error) {
      throw signal.aborted ? givenUp(remote, signal) : notReached(remote, reasonOf(error), error);
    }
  }

  #running(address: string): Libp2p {
    if (this.#node === undefined || this.#stopping !== undefined) throw notReached(address, "this node is not running");
    return this.#node;
  }

  async #register(node: Libp2p, protocol: ProtocolId, accept: (stream: PeerStream) => void): Promise<void> {
    const limits = { maxInboundStreams: MAX_STREAMS, maxOutboundStreams: MAX_STREAMS };
    const onStream = (stream: Stream, { remotePeer }: Connection): void => {
      const remote = peerAddress(remotePeer);
      if (remote === undefined) stream.abort(new Error("a peer's key must be a secp256k1 key"));
      else accept(this.#adopt(stream, remote));
    };
    await node.handle(protocol, onStream, limits);
  }

  #adopt(stream: Stream, remote: Address): PeerStream {
    const pipe = new StreamPipe(stream);
    const bucket = this.#buckets.of(remote);
    const onOver = (): boolean => this.#streams.delete(frames);
    const frames: FrameStream = new FrameStream(
      { ...this.#options.stream, remote },
      { pipe, bucket, clock: this.#clock, onOver },
    );
    this.#streams.add(frames);
    pipe.connect(frames);
    return frames;
  }

  #opened(connection: Connection): void {
    const remote = peerAddress(connection.remotePeer);
    if (remote === undefined) return;
    this.#lines.set(remote, connection);
    this.#log.debug("peer connected", { peer: remote, direction: connection.direction });
  }

  #closed(connection: Connection): void {
    const remote = peerAddress(connection.remotePeer);
    if (remote === undefined || this.#lines.get(remote) !== connection) return;
    // A peer that dialled twice has another connection left.
    const left = this.#node
      ?.getConnections(connection.remotePeer)
      .find((other) => other !== connection && other.status === "open");
    if (left === undefined) this.#lines.delete(remote);
    else this.#lines.set(remote, left);
    this.#log.debug("peer disconnected", { peer: remote });
  }

  async #stop(): Promise<void> {
    this.#heartbeat.stop();
    const streamsEnded = await this.#inTime(Promise.all([...this.#streams].map((stream) => stream.close())));
    const nodeEnded = await this.#inTime(this.#node?.stop());
    if (!streamsEnded || !nodeEnded) this.#log.warn("some connections did not end in time", { waitedMs: STOP_MS });
  }

  async #inTime(work: unknown): Promise<boolean> {
    const late = Promise.withResolvers<false>();
    const cancel = this.#clock.after(STOP_MS, () => late.resolve(false));
    const inTime = await Promise.race([Promise.resolve(work).then(() => true), late.promise]);
    cancel();
    return inTime;
  }
}

function listenAddresses(listen: Libp2pOptions["listen"]): string[] {
  if (listen === undefined) return [];
  const host = listen.host.includes(":") ? `/ip6/${listen.host}` : `/ip4/${listen.host}`;
  return [`${host}/tcp/${listen.port}/ws`, ...(listen.tcpPort === undefined ? [] : [`${host}/tcp/${listen.tcpPort}`])];
}

function startFailure(error: unknown, listen: Libp2pOptions["listen"]): Error {
  const text = error instanceof Error ? error.message : String(error);
  const busy = /EADDRINUSE[^\n]*?:(\d+)\s*$/m.exec(text);
  const port = Number(busy?.[1] ?? listen?.port);
  if (!text.includes("EADDRINUSE"))
    return new CortensorError("config-invalid", `cannot listen for peers on ${listen?.host}:${port}`, {
      why: [["why", reasonOf(error)]],
      data: { host: listen?.host, port },
      cause: error,
    });
  return new CortensorError("port-in-use", `port ${port} on ${listen?.host} is in use`, {
    data: { host: listen?.host, port },
    cause: error,
  });
}
