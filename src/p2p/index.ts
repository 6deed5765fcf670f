import type { Log } from "../observability/log.ts";
import { systemClock } from "../util/clock.ts";
import { bytesOf } from "../util/hex.ts";
import type { ValuesOf } from "../util/option.ts";
import type { Clock, Hex } from "../util/types.ts";
import type { Transport } from "./interface.ts";
import { Libp2pTransport } from "./libp2p/libp2pTransport.ts";
import { p2pOptions } from "./options.ts";
import { DEFAULT_LIMITS } from "./streamLimits.ts";

export { Chaos } from "./chaos/chaos.ts";
export { createMemoryNetwork, type MemoryNetwork } from "./memory/memoryNetwork.ts";
export { keepOpen } from "./redial.ts";

type Tuning = Omit<ValuesOf<typeof p2pOptions>, "host" | "port" | "tcpPort" | "announce">;

export interface TransportOptions extends Partial<Tuning> {
  /** The node key: the peer id carries its public key, so the chain address is proven by the handshake. */
  readonly privateKey: Hex;
  /** WebSocket on `port` and, when `tcpPort` is given, plain TCP; undefined for a node that only dials. Port 0 is a free one. */
  readonly listen: { readonly host: string; readonly port: number; readonly tcpPort?: number } | undefined;
  /** Multiaddrs told to others instead of those listened on. */
  readonly announce?: readonly string[];
}

export interface TransportDeps {
  readonly log: Log;
  readonly clock?: Clock;
}

/** Connections over libp2p. `start` fails with `port-in-use`, naming the port. */
export function createTransport(options: TransportOptions, deps: TransportDeps): Transport {
  const { rate, stream } = DEFAULT_LIMITS;
  return new Libp2pTransport(
    {
      privateKey: bytesOf(options.privateKey),
      listen: options.listen,
      announce: options.announce ?? [],
      maxConnections: options.maxConnections ?? p2pOptions.maxConnections.default,
      heartbeat: { intervalMs: options.heartbeatMs ?? p2pOptions.heartbeatMs.default, misses: 3 },
      rate: {
        bytesPerSecond: options.bytesPerSecond ?? rate.bytesPerSecond,
        burstBytes: options.burstBytes ?? rate.burstBytes,
      },
      stream: { ...stream, queueBytes: options.queueBytes ?? stream.queueBytes },
    },
    { log: deps.log, clock: deps.clock ?? systemClock },
  );
}
