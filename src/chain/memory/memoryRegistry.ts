import type { Recover } from "../../keys/interface.ts";
import { digest, registerHash } from "../../protocol/eip712.ts";
import type { Domain } from "../../protocol/records.ts";
import type { Address } from "../../util/types.ts";
import { type ChainActor, type NodeRecord, ROLE, type Role } from "../interface.ts";
import { type DeploymentParameters, epochAt } from "../parameters.ts";
import { rejected } from "../rejected.ts";
import type { RegistryEvent } from "../roster.ts";
import type { Bank } from "./bank.ts";

/** Where the stakes are. */
const REGISTRY: Address = `0x${"4e".repeat(20)}`;
const MAX_ADDRESSES_BYTES = 1024;

interface Deps {
  readonly bank: Bank;
  readonly domain: Domain;
  readonly recover: Recover;
  readonly parameters: DeploymentParameters;
  /** Block time in seconds. */
  now(): number;
}

interface Entry {
  readonly owner: Address;
  readonly role: Role;
  readonly index: number;
  since: number;
  suspended: boolean;
  activeWei: bigint;
  nextWei: bigint;
  changeEpoch: number;
  unbondingWei: bigint;
  releaseAt: number;
  addresses: readonly string[];
}

type Newcomer = Parameters<ChainActor["register"]>[0];

/** `NodeRegistry.sol` in memory, with the same checks in the same order, but without places running out. */
export class MemoryRegistry {
  readonly #deps: Deps;
  readonly #nodes = new Map<Address, Entry>();
  readonly #slots: (Address | undefined)[] = [];
  readonly #events: RegistryEvent[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** What has changed who counts, from the beginning. */
  get events(): readonly RegistryEvent[] {
    return this.#events;
  }

  all(): readonly NodeRecord[] {
    return this.#slots.filter((address) => address !== undefined).flatMap((address) => this.one(address) ?? []);
  }

  one(address: Address): NodeRecord | undefined {
    const node = this.#nodes.get(address);
    if (node === undefined) return undefined;
    const { owner, role, index, since, suspended, unbondingWei, addresses } = node;
    const stakeWei = this.#epoch() < node.changeEpoch ? node.activeWei : node.nextWei;
    return { address, owner, role, index, since, suspended, stakeWei, unbondingWei, addresses };
  }

  register(sender: Address, { address, role, stakeWei, addresses, consent }: Newcomer): void {
    const action = `register ${role} ${address}`;
    const { bank, domain, recover } = this.#deps;
    if (this.#nodes.has(address)) throw rejected("AlreadyRegistered", { action });
    const hash = digest(domain, registerHash({ owner: sender, role: ROLE[role] }));
    if (recover(hash, consent) !== address) throw rejected("BadNodeSignature", { action });
    this.#checkStake(stakeWei, action);
    checkAddresses(addresses, action);
    bank.move(stakeWei, { from: sender, to: REGISTRY, action });
    const since = this.#epoch() + 1;
    const index = this.#takeSlot(address);
    this.#nodes.set(address, {
      owner: sender,
      role,
      index,
      since,
      suspended: false,
      activeWei: 0n,
      nextWei: stakeWei,
      changeEpoch: since,
      unbondingWei: 0n,
      releaseAt: 0,
      addresses: role === "router" ? addresses : [],
    });
    this.#events.push({ kind: "registered", node: address, owner: sender, role, index, since, stakeWei });
  }

  announce(sender: Address, addresses: readonly string[]): void {
    const action = "announce its addresses";
    const node = this.#known(sender, action);
    checkAddresses(addresses, action);
    if (node.role === "router") node.addresses = addresses.filter((line) => line !== "");
  }

  stake(sender: Address, address: Address, amountWei: bigint): void {
    const action = `stake on ${address}`;
    if (amountWei === 0n) throw rejected("ZeroAmount", { action });
    const node = this.#known(address, action);
    this.#checkStake(node.nextWei + amountWei, action);
    this.#deps.bank.move(amountWei, { from: sender, to: REGISTRY, action });
    this.#setStake(address, node, node.nextWei + amountWei);
  }

  unstake(sender: Address, address: Address, amountWei: bigint): void {
    const action = `unstake ${address}`;
    const node = this.#owned(sender, address, action);
    const takenWei = amountWei > node.nextWei ? node.nextWei : amountWei;
    if (takenWei === 0n) throw rejected("ZeroAmount", { action });
    if (takenWei < node.nextWei) this.#checkStake(node.nextWei - takenWei, action);
    const { genesis, epochSeconds, unbondingEpochs } = this.#deps.parameters;
    node.unbondingWei += takenWei;
    node.releaseAt = genesis + (this.#epoch() + 1 + unbondingEpochs) * epochSeconds;
    this.#setStake(address, node, node.nextWei - takenWei);
  }

  withdraw(sender: Address, address: Address): void {
    const action = `withdraw the stake of ${address}`;
    const node = this.#owned(sender, address, action);
    const { unbondingWei, releaseAt } = node;
    if (unbondingWei === 0n || this.#deps.now() < releaseAt) {
      throw rejected("NothingToWithdraw", { action, args: { releaseAt: BigInt(releaseAt) } });
    }
    node.unbondingWei = 0n;
    node.releaseAt = 0;
    if (node.nextWei === 0n) {
      this.#slots[node.index] = undefined;
      this.#nodes.delete(address);
    }
    this.#deps.bank.move(unbondingWei, { from: REGISTRY, to: sender, action });
  }

  /** For the rewards contract. */
  suspend(address: Address): void {
    const action = `suspend ${address}`;
    const node = this.#known(address, action);
    if (node.role !== "validator" || node.suspended) throw rejected("NotAuthorised", { action });
    this.#change(node, { stakeWei: node.nextWei, suspended: true });
    this.#events.push({ kind: "suspended", node: address, fromEpoch: this.#epoch() + 1 });
  }

  resume(sender: Address): void {
    const action = "resume";
    const node = this.#known(sender, action);
    if (!node.suspended) throw rejected("NotSuspended", { action });
    node.since = this.#epoch() + 1;
    this.#change(node, { stakeWei: node.nextWei, suspended: false });
    this.#events.push({ kind: "resumed", node: sender, fromEpoch: node.since });
  }

  #epoch(): number {
    return epochAt(this.#deps.now(), this.#deps.parameters).epoch;
  }

  #known(address: Address, action: string): Entry {
    const node = this.#nodes.get(address);
    if (node === undefined) throw rejected("UnknownNode", { action });
    return node;
  }

  #owned(sender: Address, address: Address, action: string): Entry {
    const node = this.#nodes.get(address);
    if (node?.owner !== sender) throw rejected("NotOwner", { action });
    return node;
  }

  #checkStake(stakeWei: bigint, action: string): void {
    const { minimumStakeWei } = this.#deps.parameters;
    if (stakeWei >= minimumStakeWei) return;
    throw rejected("StakeTooLow", { action, args: { stake: stakeWei, minimum: minimumStakeWei } });
  }

  #setStake(address: Address, node: Entry, stakeWei: bigint): void {
    this.#change(node, { stakeWei, suspended: node.suspended });
    this.#events.push({ kind: "stake", node: address, stakeWei, fromEpoch: this.#epoch() + 1 });
  }

  /** From the next epoch on, this one keeping what it had. */
  #change(node: Entry, { stakeWei, suspended }: { stakeWei: bigint; suspended: boolean }): void {
    const epoch = this.#epoch();
    if (node.changeEpoch <= epoch) {
      node.activeWei = node.suspended ? 0n : node.nextWei;
      node.changeEpoch = epoch + 1;
    }
    node.nextWei = stakeWei;
    node.suspended = suspended;
  }

  #takeSlot(address: Address): number {
    const free = this.#slots.lastIndexOf(undefined);
    const index = free < 0 ? this.#slots.length : free;
    this.#slots[index] = address;
    return index;
  }
}

function checkAddresses(addresses: readonly string[], action: string): void {
  const length = Buffer.byteLength(addresses.join("\n"));
  if (length <= MAX_ADDRESSES_BYTES) return;
  const args = { length: BigInt(length), maximum: BigInt(MAX_ADDRESSES_BYTES) };
  throw rejected("AddressesTooLong", { action, args });
}
