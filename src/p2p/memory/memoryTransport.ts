import { CortensorError } from "../../errors/cortensorError.ts";
import type { Address } from "../../util/types.ts";
import type { PeerStream, ProtocolId, Transport } from "../interface.ts";
import type { PeerBuckets } from "../rateLimit.ts";
import { givenUp, notReached } from "../unreachable.ts";

const PREFIX = "/memory/";

/** What a node sees of its network. */
export interface Switchboard {
  readonly running: Map<Address, MemoryTransport>;
  isCut(a: Address, b: Address): boolean;
  isHeld(a: Address, b: Address): boolean;
  buckets(): PeerBuckets;
  connect(from: MemoryTransport, to: MemoryTransport): readonly [near: PeerStream, far: PeerStream];
}

/** One node on a memory network; its address is `/memory/` and its chain address. */
export class MemoryTransport implements Transport {
  readonly address: Address;
  readonly buckets: PeerBuckets;
  /** The open ones. */
  readonly streams = new Set<PeerStream>();
  readonly #network: Switchboard;
  readonly #handlers = new Map<ProtocolId, (stream: PeerStream) => void>();
  #stopped = false;

  constructor(address: Address, network: Switchboard) {
    this.address = address;
    this.#network = network;
    this.buckets = network.buckets();
  }

  async start(): Promise<void> {
    if (this.#network.running.has(this.address)) {
      throw new CortensorError("port-in-use", `a node with the address ${this.address} is there already`, {
        data: { address: this.address },
      });
    }
    this.#network.running.set(this.address, this);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#network.running.get(this.address) === this) this.#network.running.delete(this.address);
    await Promise.all([...this.streams].map((stream) => stream.close()));
  }

  addresses(): readonly string[] {
    return [`${PREFIX}${this.address}`];
  }

  handle(protocol: ProtocolId, accept: (stream: PeerStream) => void): void {
    this.#handlers.set(protocol, accept);
  }

  async open(address: string, protocol: ProtocolId, signal: AbortSignal): Promise<PeerStream> {
    if (signal.aborted) throw givenUp(address, signal);
    if (this.#stopped) throw notReached(address, "this node has stopped");
    return this.#connect(address, { to: address.startsWith(PREFIX) ? address.slice(PREFIX.length) : "", protocol });
  }

  async reach(remote: Address, protocol: ProtocolId, signal: AbortSignal): Promise<PeerStream> {
    if (signal.aborted) throw givenUp(remote, signal);
    const isConnected = [...this.streams].some((stream) => stream.remote === remote);
    if (this.#stopped || !isConnected) throw notReached(remote, "it is not connected");
    return this.#connect(remote, { to: remote, protocol });
  }

  #connect(address: string, { to, protocol }: { to: string; protocol: ProtocolId }): PeerStream {
    const target = this.#find(to);
    if (target === undefined) throw notReached(address, "nothing listens there");
    const accept = target.#handlers.get(protocol);
    if (accept === undefined) throw notReached(address, `it does not speak ${protocol}`);
    const [near, far] = this.#network.connect(this, target);
    queueMicrotask(() => accept(far));
    return near;
  }

  async ping(remote: Address, signal: AbortSignal): Promise<number> {
    if (signal.aborted) throw givenUp(remote, signal);
    if (this.#find(remote) === undefined) throw notReached(remote, "it is not connected");
    if (this.#network.isHeld(this.address, remote)) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      throw givenUp(remote, signal);
    }
    return 0;
  }

  #find(address: string): MemoryTransport | undefined {
    const target = this.#network.running.get(address as Address);
    return target === undefined || this.#network.isCut(this.address, target.address) ? undefined : target;
  }
}
