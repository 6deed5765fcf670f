import type { Address } from "../../util/types.ts";
import { type NodeRecord, ROLE, type Role } from "../interface.ts";
import { type Addresses, lower, readView } from "./contractReader.ts";
import type { Rpc } from "./failoverRpc.ts";

interface Deps {
  readonly rpc: Rpc;
  readonly addresses: Addresses;
}

/** A node as the registry holds it; what is in force depends on the epoch. */
export interface StoredNode extends Omit<NodeRecord, "stakeWei"> {
  readonly activeWei: bigint;
  readonly nextWei: bigint;
  readonly changeEpoch: number;
}

/** `Node` of `NodeRegistry.sol`. */
interface NodeStruct {
  readonly owner: string;
  readonly role: bigint;
  readonly index: bigint;
  readonly since: bigint;
  readonly suspended: boolean;
  readonly active: bigint;
  readonly next: bigint;
  readonly changeEpoch: bigint;
  readonly unbonding: bigint;
}

/** Reads the registry, all of it once per block at most. */
export class NodeDirectory {
  readonly #deps: Deps;
  #kept: { readonly block: string; readonly nodes: Promise<readonly StoredNode[]> } | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** All nodes with a place, as of the block of this hash. */
  all(block: string): Promise<readonly StoredNode[]> {
    if (this.#kept?.block === block) return this.#kept.nodes;
    const nodes = this.#readAll();
    this.#kept = { block, nodes };
    nodes.catch(() => {
      this.#kept = undefined;
    });
    return nodes;
  }

  async one(address: Address): Promise<StoredNode | undefined> {
    const [[struct], [addresses]] = await Promise.all([
      this.#view("nodeOf", address),
      this.#view("addressesOf", address),
    ]);
    return stored(address, { struct: struct as NodeStruct, addresses: String(addresses) });
  }

  async #readAll(): Promise<readonly StoredNode[]> {
    const [slots] = await this.#view("slots");
    const places = await Promise.all(Array.from({ length: Number(slots) }, (_, index) => this.#view("nodeAt", index)));
    const addresses = places.map(([address]) => lower(address)).filter((address) => BigInt(address) !== 0n);
    const nodes = await Promise.all(addresses.map((address) => this.one(address)));
    return nodes.filter((node) => node !== undefined);
  }

  #view(name: string, ...args: readonly unknown[]): ReturnType<typeof readView> {
    const { rpc, addresses } = this.#deps;
    return readView(rpc, { contract: "registry", address: addresses.registry, name, args });
  }
}

/** The node as it is in an epoch. */
export function inEpoch({ activeWei, nextWei, changeEpoch, ...node }: StoredNode, epoch: number): NodeRecord {
  return { ...node, stakeWei: epoch < changeEpoch ? activeWei : nextWei };
}

function stored(
  address: Address,
  { struct, addresses }: { struct: NodeStruct; addresses: string },
): StoredNode | undefined {
  const role = (Object.keys(ROLE) as (keyof typeof ROLE)[]).find((name) => ROLE[name] === Number(struct.role));
  if (role === undefined || role === "none") return undefined;
  return {
    address,
    owner: lower(struct.owner),
    role: role satisfies Role,
    index: Number(struct.index),
    since: Number(struct.since),
    suspended: struct.suspended,
    unbondingWei: struct.unbonding,
    addresses: addresses.split("\n").filter((line) => line !== ""),
    activeWei: struct.active,
    nextWei: struct.next,
    changeEpoch: Number(struct.changeEpoch),
  };
}
