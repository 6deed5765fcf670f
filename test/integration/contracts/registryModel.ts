// What `NodeRegistry` should do, said again with a plain history of weights.
export const MINER = 1;
export const VALIDATOR = 2;
export const ROUTER = 3;

export interface ModelNode {
  owner: string;
  role: number;
  since: number;
  listed: boolean;
  suspended: boolean;
  stake: bigint;
  unbonding: bigint;
  releaseAt: number;
  addresses: string;
}

export interface Limits {
  readonly genesis: number;
  readonly epochSeconds: number;
  readonly unbondingEpochs: number;
  readonly minimumStake: bigint;
  readonly maxValidators: number;
  readonly maxNodes: number;
}

export type RegistryOperation =
  | {
      readonly kind: "register";
      readonly node: string;
      readonly role: number;
      readonly amount: bigint;
      readonly addresses: string;
      readonly consents: boolean;
      readonly displaced: string;
    }
  | { readonly kind: "stake"; readonly node: string; readonly amount: bigint }
  | { readonly kind: "unstake"; readonly node: string; readonly amount: bigint }
  | { readonly kind: "withdraw"; readonly node: string }
  | { readonly kind: "suspend"; readonly node: string }
  | { readonly kind: "announce"; readonly addresses: string }
  | { readonly kind: "resume" };

export type RegistryExpected = { readonly events: readonly string[] } | { readonly error: string };

interface Weight {
  readonly amount: bigint;
  readonly role: number;
}

interface Call {
  readonly from: string;
  readonly now: number;
}

export class RegistryModel {
  readonly nodes = new Map<string, ModelNode>();
  /** For each key that ever was a node: the epochs from which another weight holds. */
  readonly #history = new Map<string, Map<number, Weight>>();
  readonly moved = new Map<string, bigint>();
  readonly #limits: Limits;
  readonly #rewards: string;

  constructor(limits: Limits, rewards: string) {
    this.#limits = limits;
    this.#rewards = rewards;
  }

  get held(): bigint {
    return [...this.nodes.values()].reduce((sum, { stake, unbonding }) => sum + stake + unbonding, 0n);
  }

  listed(role: number): string[] {
    return [...this.nodes].filter(([, node]) => node.listed && node.role === role).map(([name]) => name);
  }

  epochAt(now: number): number {
    return Math.floor((now - this.#limits.genesis) / this.#limits.epochSeconds);
  }

  weightOf(node: string, epoch: number): bigint {
    return this.#weightOf(node, epoch).amount;
  }

  validatorWeight(epoch: number): bigint {
    return [...this.#history.keys()]
      .map((node) => this.#weightOf(node, epoch))
      .reduce((sum, { amount, role }) => (role === VALIDATOR ? sum + amount : sum), 0n);
  }

  apply(operation: RegistryOperation, call: Call): RegistryExpected {
    if (operation.kind === "register") return this.#register(operation, call);
    if (operation.kind === "announce") return this.#announce(operation.addresses, call);
    if (operation.kind === "resume") return this.#resume(call);
    if (operation.kind === "suspend") return this.#suspend(operation.node, call);
    if (operation.kind === "withdraw") return this.#withdraw(operation.node, call);
    return operation.kind === "stake" ? this.#stake(operation, call) : this.#unstake(operation, call);
  }

  #register(operation: RegistryOperation & { kind: "register" }, call: Call): RegistryExpected {
    const { node, role, amount, addresses, consents } = operation;
    if (role === 0) return { error: "BadRole" };
    if (this.nodes.has(node)) return { error: "AlreadyRegistered" };
    if (!consents) return { error: "BadNodeSignature" };
    if (amount < this.#limits.minimumStake) return { error: "StakeTooLow" };
    const full = this.listed(role).length >= (role === VALIDATOR ? this.#limits.maxValidators : this.#limits.maxNodes);
    const leaves = full ? this.#displaced(operation.displaced, role, amount) : undefined;
    if (full && leaves === undefined) return { error: "RegistryFull" };
    if (addresses.length > 1024) return { error: "AddressesTooLong" };
    const events = leaves === undefined ? [] : this.#displace(operation.displaced, leaves, call.now);
    const listed = {
      listed: true,
      suspended: false,
      unbonding: 0n,
      releaseAt: 0,
      addresses: role === ROUTER ? addresses : "",
    };
    this.nodes.set(node, { owner: call.from, role, since: this.epochAt(call.now) + 1, stake: amount, ...listed });
    this.#weigh(node, call.now);
    this.#move(call.from, -amount);
    return { events: [...events, "Registered", "StakeChanged", "Announced"] };
  }

  #displaced(node: string, role: number, amount: bigint): ModelNode | undefined {
    const found = this.nodes.get(node);
    if (found === undefined || !found.listed || found.role !== role) return undefined;
    return found.suspended || found.stake < amount ? found : undefined;
  }

  #displace(name: string, node: ModelNode, now: number): string[] {
    node.listed = false;
    node.addresses = "";
    if (node.stake === 0n) return ["Displaced"];
    this.#unbond(name, node, { amount: node.stake, now });
    return ["Displaced", "StakeChanged", "Unbonding"];
  }

  #announce(addresses: string, { from }: Call): RegistryExpected {
    const node = this.nodes.get(from);
    if (node?.listed !== true) return { error: "UnknownNode" };
    if (addresses.length > 1024) return { error: "AddressesTooLong" };
    if (node.role === ROUTER) node.addresses = addresses;
    return { events: ["Announced"] };
  }

  #stake({ node: name, amount }: { node: string; amount: bigint }, { from, now }: Call): RegistryExpected {
    if (amount === 0n) return { error: "ZeroAmount" };
    const node = this.nodes.get(name);
    if (node?.listed !== true) return { error: "UnknownNode" };
    if (node.stake + amount < this.#limits.minimumStake) return { error: "StakeTooLow" };
    node.stake += amount;
    this.#weigh(name, now);
    this.#move(from, -amount);
    return { events: ["StakeChanged"] };
  }

  #unstake(operation: { node: string; amount: bigint }, { from, now }: Call): RegistryExpected {
    const node = this.nodes.get(operation.node);
    if (node?.owner !== from) return { error: "NotOwner" };
    const amount = operation.amount > node.stake ? node.stake : operation.amount;
    if (amount === 0n) return { error: "ZeroAmount" };
    const rest = node.stake - amount;
    if (rest > 0n && rest < this.#limits.minimumStake) return { error: "StakeTooLow" };
    this.#unbond(operation.node, node, { amount, now });
    return { events: ["StakeChanged", "Unbonding"] };
  }

  #withdraw(name: string, { from, now }: Call): RegistryExpected {
    const node = this.nodes.get(name);
    if (node?.owner !== from) return { error: "NotOwner" };
    if (node.unbonding === 0n || now < node.releaseAt) return { error: "NothingToWithdraw" };
    this.#move(from, node.unbonding);
    node.unbonding = 0n;
    node.releaseAt = 0;
    if (node.stake === 0n) this.nodes.delete(name);
    return { events: ["Withdrawn"] };
  }

  #suspend(name: string, { from, now }: Call): RegistryExpected {
    if (from !== this.#rewards) return { error: "NotAuthorised" };
    const node = this.nodes.get(name);
    if (node?.listed !== true) return { error: "UnknownNode" };
    if (node.role !== VALIDATOR || node.suspended) return { error: "NotAuthorised" };
    node.suspended = true;
    this.#weigh(name, now);
    return { events: ["Suspended"] };
  }

  #resume({ from, now }: Call): RegistryExpected {
    const node = this.nodes.get(from);
    if (node?.listed !== true) return { error: "UnknownNode" };
    if (!node.suspended) return { error: "NotSuspended" };
    node.suspended = false;
    node.since = this.epochAt(now) + 1;
    this.#weigh(from, now);
    return { events: ["Resumed"] };
  }

  #unbond(name: string, node: ModelNode, { amount, now }: { amount: bigint; now: number }): void {
    const { genesis, epochSeconds, unbondingEpochs } = this.#limits;
    node.stake -= amount;
    node.unbonding += amount;
    node.releaseAt = genesis + (this.epochAt(now) + 1 + unbondingEpochs) * epochSeconds;
    this.#weigh(name, now);
  }

  #weightOf(node: string, epoch: number): Weight {
    const changes = [...(this.#history.get(node) ?? [])].filter(([from]) => from <= epoch);
    return changes.sort(([a], [b]) => a - b).at(-1)?.[1] ?? { amount: 0n, role: 0 };
  }

  /** From the next epoch on. */
  #weigh(name: string, now: number): void {
    const node = this.nodes.get(name);
    if (node === undefined) return;
    const changes = this.#history.get(name) ?? new Map<number, Weight>();
    changes.set(this.epochAt(now) + 1, { amount: node.suspended ? 0n : node.stake, role: node.role });
    this.#history.set(name, changes);
  }

  #move(address: string, amount: bigint): void {
    this.moved.set(address, (this.moved.get(address) ?? 0n) + amount);
  }
}
