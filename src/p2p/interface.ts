import type { Address, Startable } from "../util/types.ts";

/** The protocols of the network. */
export const PROTOCOLS = {
  task: "/cortensor/task/1",
  audit: "/cortensor/audit/1",
  probe: "/cortensor/probe/1",
} as const;
export type ProtocolId = (typeof PROTOCOLS)[keyof typeof PROTOCOLS];

/** A long-lived, ordered, two-way stream of frames to one authenticated peer. */
export interface PeerStream {
  /** The peer's chain address, proven by the transport's handshake. */
  readonly remote: Address;
  /**
   * Queues one frame; throws `peer-protocol` above the size limit, `peer-unreachable` after the end. It leaves at the end of
   * the event-loop turn, or, where it has time, with the next one that has none.
   */
  send(frame: Uint8Array, withinMs?: number): void;
  /** Bytes queued and not yet handed to the socket. */
  readonly queuedBytes: number;
  /**
   * The frames that arrive, to be read by one reader from the start. Ends when the peer closes; throws
   * `peer-unreachable` on a broken line and `peer-protocol` when the peer passes the size or rate limit.
   */
  readonly frames: AsyncIterable<Uint8Array>;
  /** Flushes and ends both directions. */
  close(): Promise<void>;
  /** Drops the line at once. */
  abort(reason: Error): void;
}

/** Connections between nodes. */
export interface Transport extends Startable {
  /** Addresses others can dial, with the peer id, such as `/ip4/127.0.0.1/tcp/5011/ws/p2p/16Uiu2…`; valid after `start`. */
  addresses(): readonly string[];
  /** Calls `accept` for every stream that a peer opens. Each protocol is set once, before or after `start`. */
  handle(protocol: ProtocolId, accept: (stream: PeerStream) => void): void;
  /** Dials and opens one stream. Throws `peer-unreachable` with the address and the reason. */
  open(address: string, protocol: ProtocolId, signal: AbortSignal): Promise<PeerStream>;
  /** Opens one stream to a connected peer, whoever dialled. Throws `peer-unreachable` when it is not connected. */
  reach(remote: Address, protocol: ProtocolId, signal: AbortSignal): Promise<PeerStream>;
  /** Round trip to a connected peer in milliseconds. */
  ping(remote: Address, signal: AbortSignal): Promise<number>;
}
