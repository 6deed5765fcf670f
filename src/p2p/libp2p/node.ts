import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import type { Libp2p } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { guardedWebSockets } from "./guardedWebSockets.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { watchedMuxer } from "./watchedMuxer.ts";

export interface NodeOptions {
  readonly privateKey: Uint8Array;
  /** Multiaddrs; none for a node that only dials. */
  readonly listen: readonly string[];
  /** Multiaddrs told to others; none for those listened on. */
  readonly announce: readonly string[];
  readonly maxConnections: number;
}

/** Streams of one protocol on one connection; the library resets the 33rd without it. */
export const MAX_STREAMS = 1024;
/** A stream's receive window. The read buffer of a paused stream must hold a whole one. */
const WINDOW_BYTES = 1_048_576;

/** A libp2p node that is not started yet. */
export function createNode(options: NodeOptions, heartbeat: Heartbeat): Promise<Libp2p> {
  const streams = {
    maxInboundStreams: MAX_STREAMS,
    maxOutboundStreams: MAX_STREAMS,
    // Streams that arrive before a connection is set up; more than this ends the connection.
    maxEarlyStreams: MAX_STREAMS,
    streamOptions: { maxStreamWindowSize: WINDOW_BYTES, maxReadBufferLength: 4 * WINDOW_BYTES },
  };
  return createLibp2p({
    start: false,
    privateKey: privateKeyFromRaw(options.privateKey),
    nodeInfo: { name: "cortensor", userAgent: "cortensor" },
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    transports: [guardedWebSockets(), tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [watchedMuxer(streams, heartbeat)],
    services: { identify: identify(), ping: ping({ maxInboundStreams: 8 }) },
    // The default admits 5 connections a second from one address and 10 handshakes at once: too few for a local network.
    connectionManager: {
      maxConnections: options.maxConnections,
      inboundConnectionThreshold: 1000,
      maxIncomingPendingConnections: 1000,
      maxParallelDials: 256,
    },
    // Ours looks at connections more often and closes them only after several misses.
    connectionMonitor: { enabled: false },
    connectionGater: {
      denyInboundEncryptedConnection: (peer) => peer.type !== "secp256k1",
      denyOutboundEncryptedConnection: (peer) => peer.type !== "secp256k1",
    },
  });
}
