import type { Opening } from "../../protocol/reportSeal.ts";
import type { Session, Signed, Voucher } from "../../protocol/records.ts";
import type { Address } from "../../util/types.ts";
import type { Anchor, ChainActor, Claim, Commit, Mined } from "../interface.ts";
import type { MemoryEscrow } from "./memoryEscrow.ts";
import type { MemoryRegistry } from "./memoryRegistry.ts";
import type { MemoryRewards } from "./memoryRewards.ts";

interface Deps {
  readonly escrow: MemoryEscrow;
  readonly registry: MemoryRegistry;
  readonly rewards: MemoryRewards;
  /** Does the work in a block of its own, or throws what the work throws. */
  transact(work: () => void): Promise<Mined>;
  moveCor(from: Address, to: Address, amountWei: bigint): void;
  moveGas(from: Address, to: Address, amountWei: bigint): void;
}

/** Writes of one address. */
export class MemoryActor implements ChainActor {
  readonly address: Address;
  readonly #deps: Deps;

  constructor(address: Address, deps: Deps) {
    this.address = address;
    this.#deps = deps;
  }

  register(node: Parameters<ChainActor["register"]>[0]): Promise<Mined> {
    return this.#registry((registry) => registry.register(this.address, node));
  }

  announce(addresses: readonly string[]): Promise<Mined> {
    return this.#registry((registry) => registry.announce(this.address, addresses));
  }

  stake(node: Address, amountWei: bigint): Promise<Mined> {
    return this.#registry((registry) => registry.stake(this.address, node, amountWei));
  }

  unstake(node: Address, amountWei: bigint): Promise<Mined> {
    return this.#registry((registry) => registry.unstake(this.address, node, amountWei));
  }

  withdrawStake(node: Address): Promise<Mined> {
    return this.#registry((registry) => registry.withdraw(this.address, node));
  }

  openSession(session: Session, depositWei: bigint): Promise<Mined> {
    return this.#escrow((escrow) => escrow.open(this.address, session, depositWei));
  }

  topUp(session: Session, amountWei: bigint): Promise<Mined> {
    return this.#escrow((escrow) => escrow.topUp(this.address, session, amountWei));
  }

  redeem(session: Session, voucher: Signed<Voucher>): Promise<Mined> {
    return this.#escrow((escrow) => escrow.redeem(session, voucher));
  }

  settle(session: Session, voucher: Signed<Voucher> | undefined): Promise<Mined> {
    return this.#escrow((escrow) => escrow.settle(this.address, session, voucher));
  }

  closeSession(session: Session): Promise<Mined> {
    return this.#escrow((escrow) => escrow.close(this.address, session));
  }

  withdrawSession(session: Session): Promise<Mined> {
    return this.#escrow((escrow) => escrow.withdraw(session));
  }

  anchor(anchor: Anchor): Promise<Mined> {
    return this.#rewards((rewards) => rewards.anchor(this.address, anchor));
  }

  commit(commit: Commit): Promise<Mined> {
    return this.#rewards((rewards) => rewards.commit(this.address, commit));
  }

  reveal(opening: Opening): Promise<Mined> {
    return this.#rewards((rewards) => rewards.reveal(opening));
  }

  claim(claim: Claim): Promise<Mined> {
    return this.#rewards((rewards) => rewards.claim(claim));
  }

  suspend(validator: Address): Promise<Mined> {
    return this.#rewards((rewards) => rewards.suspend(validator));
  }

  resume(): Promise<Mined> {
    return this.#registry((registry) => registry.resume(this.address));
  }

  transferCor(to: Address, amountWei: bigint): Promise<Mined> {
    return this.#deps.transact(() => this.#deps.moveCor(this.address, to, amountWei));
  }

  transferGas(to: Address, amountWei: bigint): Promise<Mined> {
    return this.#deps.transact(() => this.#deps.moveGas(this.address, to, amountWei));
  }

  #escrow(work: (escrow: MemoryEscrow) => void): Promise<Mined> {
    return this.#deps.transact(() => work(this.#deps.escrow));
  }

  #rewards(work: (rewards: MemoryRewards) => void): Promise<Mined> {
    return this.#deps.transact(() => work(this.#deps.rewards));
  }

  #registry(work: (registry: MemoryRegistry) => void): Promise<Mined> {
    return this.#deps.transact(() => work(this.#deps.registry));
  }
}
