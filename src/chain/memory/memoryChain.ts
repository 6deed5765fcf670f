import { CortensorError } from "../../errors/cortensorError.ts";
import type { Recover, Signer } from "../../keys/interface.ts";
import { sessionId } from "../../protocol/eip712.ts";
import type { Domain, Session } from "../../protocol/records.ts";
import type { Address, Hex } from "../../util/types.ts";
import type {
  Ballot,
  Block,
  Chain,
  ChainActor,
  EpochInfo,
  EpochRecord,
  Faucet,
  Mined,
  NetworkParameters,
  NodeRecord,
  Role,
  SessionState,
} from "../interface.ts";
import { type DeploymentParameters, deploymentParameters, epochAt } from "../parameters.ts";
import { Bank } from "./bank.ts";
import { MemoryActor } from "./memoryActor.ts";
import { MemoryEscrow } from "./memoryEscrow.ts";
import { MemoryRegistry } from "./memoryRegistry.ts";
import { MemoryRewards } from "./memoryRewards.ts";

const URL = "memory:";
const GAS_PER_WRITE = 50_000n;

export interface MemoryChainOptions {
  readonly chainId?: number;
  readonly runtime?: Address;
  /** Block time at the beginning, in seconds. */
  readonly timestamp?: number;
  /** What differs from the defaults of a practice network. */
  readonly parameters?: Partial<DeploymentParameters>;
}

/**
 * A chain for tests of roles, with the contracts' rules. Several nodes share one instance. Time stands still until it is
 * told to go on; gas costs nothing; every write is a block.
 */
export class MemoryChain implements Chain, Faucet {
  readonly domain: Domain;
  readonly parameters: DeploymentParameters & NetworkParameters;
  readonly #bank = new Bank();
  readonly #gas = new Map<Address, bigint>();
  readonly #escrow: MemoryEscrow;
  readonly #registry: MemoryRegistry;
  readonly #rewards: MemoryRewards;
  readonly #blocks: Block[];
  readonly #listeners = new Set<(block: Block) => void>();
  #head: Block;
  #reachable = true;

  constructor(options: MemoryChainOptions, { recover }: { readonly recover: Recover }) {
    const { chainId = 31_337, runtime = `0x${"c0".repeat(20)}`, timestamp = 1_750_000_000 } = options;
    this.domain = { chainId, runtime };
    this.parameters = deploymentParameters(true, { genesis: timestamp, ...options.parameters });
    this.#head = blockAt(1, timestamp);
    this.#blocks = [this.#head];
    const shared = { bank: this.#bank, domain: this.domain, recover, now: () => this.#head.timestamp };
    this.#escrow = new MemoryEscrow({ ...shared, closeDelaySeconds: this.parameters.closeDelaySeconds });
    this.#registry = new MemoryRegistry({ ...shared, parameters: this.parameters });
    this.#rewards = new MemoryRewards({ ...shared, registry: this.#registry, parameters: this.parameters });
  }

  /** Nothing: the instance is shared, and does not end with one of its users. */
  async start(): Promise<void> {
    this.#check();
  }

  /** Nothing, like `start`. */
  async stop(): Promise<void> {}

  head(): Block {
    return this.#head;
  }

  epoch(): EpochInfo {
    return epochAt(this.#head.timestamp, this.parameters);
  }

  onHead(listener: (block: Block) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  endpoints(): ReturnType<Chain["endpoints"]> {
    return [this.#reachable ? { url: URL, ok: true } : { url: URL, ok: false, error: "switched off" }];
  }

  async nodes(role?: Role): Promise<readonly NodeRecord[]> {
    this.#check();
    return this.#registry.all().filter((node) => role === undefined || node.role === role);
  }

  async node(address: Address): Promise<NodeRecord | undefined> {
    this.#check();
    return this.#registry.one(address);
  }

  async balance(address: Address): Promise<{ corWei: bigint; gasWei: bigint }> {
    this.#check();
    return { corWei: this.#bank.of(address), gasWei: this.#gas.get(address) ?? 0n };
  }

  sessionId(session: Session): Hex {
    return sessionId(session);
  }

  async session(id: Hex): Promise<SessionState | undefined> {
    this.#check();
    return this.#escrow.state(id);
  }

  async epochRecord(epoch: number): Promise<EpochRecord> {
    this.#check();
    return this.#rewards.record(epoch);
  }

  async drawingBlock(epoch: number): Promise<Block | undefined> {
    this.#check();
    const { genesis, epochSeconds, anchorSeconds } = this.parameters;
    const closesAt = genesis + (epoch + 1) * epochSeconds + anchorSeconds;
    return this.#blocks.filter(({ timestamp }) => timestamp >= closesAt)[2];
  }

  async ballot(node: Address): Promise<Ballot> {
    this.#check();
    return this.#rewards.ballot(node);
  }

  async votes(epoch: number, payout: Hex): Promise<bigint> {
    this.#check();
    return this.#rewards.votes(epoch, payout);
  }

  async payout(epoch: number): Promise<Hex | undefined> {
    this.#check();
    return this.#rewards.payout(epoch);
  }

  async settledEpochs(): Promise<number> {
    this.#check();
    return this.#rewards.settledEpochs;
  }

  async claimed(owner: Address): Promise<bigint> {
    this.#check();
    return this.#rewards.claimed(owner);
  }

  as({ address }: Pick<Signer, "address">): ChainActor {
    return new MemoryActor(address, {
      escrow: this.#escrow,
      registry: this.#registry,
      rewards: this.#rewards,
      transact: (work) => this.#transact(work),
      moveCor: (from, to, amountWei) => this.#bank.move(amountWei, { from, to, action: "send COR" }),
      moveGas: (from, to, amountWei) => this.#moveGas(amountWei, { from, to }),
    });
  }

  async fund(address: Address, least: { readonly corWei: bigint; readonly gasWei: bigint }): Promise<void> {
    this.#check();
    const missingWei = least.corWei - this.#bank.of(address);
    if (missingWei > 0n) this.#bank.mint(address, missingWei);
    const gasWei = this.#gas.get(address) ?? 0n;
    if (gasWei < least.gasWei) this.#gas.set(address, least.gasWei);
  }

  /** Time goes on, and there is a block at the end of it. */
  advance(seconds: number): void {
    this.#addBlock(this.#head.timestamp + seconds);
  }

  /** While it is not, every call that asks the chain throws `rpc-unreachable`. */
  setReachable(reachable: boolean): void {
    this.#reachable = reachable;
  }

  async #transact(work: () => void): Promise<Mined> {
    this.#check();
    work();
    const { number, hash } = this.#addBlock(this.#head.timestamp);
    return { hash, block: number, gasUsed: GAS_PER_WRITE, feeWei: 0n };
  }

  #addBlock(timestamp: number): Block {
    const block = blockAt(this.#head.number + 1, timestamp);
    this.#head = block;
    this.#blocks.push(block);
    for (const listener of this.#listeners) listener(block);
    return block;
  }

  #moveGas(amountWei: bigint, { from, to }: { from: Address; to: Address }): void {
    const balanceWei = this.#gas.get(from) ?? 0n;
    if (balanceWei < amountWei) {
      throw new CortensorError("gas-low", "the wallet cannot pay the gas to send coins", {
        why: [["found", `wallet ${from}`]],
        try: "cortensor wallet fund",
        data: { action: "send coins", address: from },
      });
    }
    this.#gas.set(from, balanceWei - amountWei);
    this.#gas.set(to, (this.#gas.get(to) ?? 0n) + amountWei);
  }

  #check(): void {
    if (this.#reachable) return;
    throw new CortensorError("rpc-unreachable", "the chain endpoint does not answer", {
      why: [["why", `${URL} switched off`]],
      data: { endpoints: [{ url: URL, error: "switched off" }] },
    });
  }
}

function blockAt(number: number, timestamp: number): Block {
  return { number, hash: `0x${number.toString(16).padStart(64, "0")}`, timestamp };
}
