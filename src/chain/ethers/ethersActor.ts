import type { Signer } from "../../keys/interface.ts";
import type { Opening } from "../../protocol/reportSeal.ts";
import type { Session, Signed, Voucher } from "../../protocol/records.ts";
import type { Address, Hex } from "../../util/types.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { type Anchor, type ChainActor, type Claim, type Commit, type Mined, ROLE } from "../interface.ts";
import { type Addresses, readView } from "./contractReader.ts";
import { CONTRACTS, type ContractName } from "./contracts.ts";
import type { Rpc } from "./failoverRpc.ts";
import type { TransactionQueue } from "./transactionQueue.ts";

const ALL = 2n ** 256n - 1n;
const ZERO: Hex = `0x${"00".repeat(32)}`;
const NOBODY: Address = `0x${"00".repeat(20)}`;

interface Deps {
  readonly rpc: Rpc;
  readonly queue: TransactionQueue;
  readonly addresses: Addresses;
  onMined(mined: Mined): void;
}

interface Write {
  readonly contract: ContractName;
  readonly name: string;
  readonly args: readonly unknown[];
  /** As a verb, for errors. */
  readonly action: string;
}

type Spender = "escrow" | "registry";

/** Writes of one key, as `Chain.as` gives them out. */
export class EthersActor implements ChainActor {
  readonly address: Address;
  readonly #deps: Deps;
  readonly #approved = new Set<Spender>();

  constructor(signer: Signer, deps: Deps) {
    this.address = signer.address;
    this.#deps = deps;
  }

  register(node: Parameters<ChainActor["register"]>[0]): Promise<Mined> {
    const { address, role, stakeWei, addresses, consent } = node;
    const args = [address, ROLE[role], stakeWei, addresses.join("\n"), ...split(consent), NOBODY];
    return this.#pay(stakeWei, { contract: "registry", name: "register", args, action: `register ${role} ${address}` });
  }

  announce(addresses: readonly string[]): Promise<Mined> {
    const args = [addresses.join("\n")];
    return this.#write({ contract: "registry", name: "announce", args, action: "announce its addresses" });
  }

  stake(node: Address, amountWei: bigint): Promise<Mined> {
    const args = [node, amountWei];
    return this.#pay(amountWei, { contract: "registry", name: "stake", args, action: `stake on ${node}` });
  }

  unstake(node: Address, amountWei: bigint): Promise<Mined> {
    const args = [node, amountWei];
    return this.#write({ contract: "registry", name: "unstake", args, action: `unstake ${node}` });
  }

  withdrawStake(node: Address): Promise<Mined> {
    return this.#write({
      contract: "registry",
      name: "withdraw",
      args: [node],
      action: `withdraw the stake of ${node}`,
    });
  }

  openSession(session: Session, depositWei: bigint): Promise<Mined> {
    const args = [session, depositWei];
    return this.#pay(depositWei, { contract: "escrow", name: "open", args, action: "open the session" });
  }

  topUp(session: Session, amountWei: bigint): Promise<Mined> {
    const args = [session, amountWei];
    return this.#pay(amountWei, { contract: "escrow", name: "topUp", args, action: "top up the session" });
  }

  redeem(session: Session, { record, signature }: Signed<Voucher>): Promise<Mined> {
    const args = [session, record.cumulative, ...split(signature)];
    return this.#write({ contract: "escrow", name: "redeem", args, action: "redeem the voucher" });
  }

  settle(session: Session, voucher: Signed<Voucher> | undefined): Promise<Mined> {
    const [r, vs] = voucher === undefined ? [ZERO, ZERO] : split(voucher.signature);
    const args = [session, voucher?.record.cumulative ?? 0n, r, vs];
    return this.#write({ contract: "escrow", name: "settle", args, action: "settle the session" });
  }

  closeSession(session: Session): Promise<Mined> {
    return this.#write({ contract: "escrow", name: "close", args: [session], action: "close the session" });
  }

  withdrawSession(session: Session): Promise<Mined> {
    const action = "withdraw the session's rest";
    return this.#write({ contract: "escrow", name: "withdraw", args: [session], action });
  }

  anchor({ epoch, root, count, feeSumWei }: Anchor): Promise<Mined> {
    const args = [epoch, root, count, feeSumWei];
    return this.#write({ contract: "rewards", name: "anchor", args, action: `anchor the receipts of epoch ${epoch}` });
  }

  commit({ epoch, seal, report }: Commit): Promise<Mined> {
    const args = [epoch, seal, report];
    return this.#write({ contract: "rewards", name: "commit", args, action: `commit the report of epoch ${epoch}` });
  }

  reveal({ epoch, validator, key, payout }: Opening): Promise<Mined> {
    const args = [epoch, validator, key, payout];
    return this.#write({ contract: "rewards", name: "reveal", args, action: `reveal the report of epoch ${epoch}` });
  }

  claim({ owner, epoch, cumulativeWei, proof }: Claim): Promise<Mined> {
    const args = [owner, epoch, cumulativeWei, proof];
    return this.#write({ contract: "rewards", name: "claim", args, action: `claim the rewards of ${owner}` });
  }

  suspend(validator: Address): Promise<Mined> {
    return this.#write({ contract: "rewards", name: "suspend", args: [validator], action: `suspend ${validator}` });
  }

  resume(): Promise<Mined> {
    return this.#write({ contract: "registry", name: "resume", args: [], action: "resume" });
  }

  transferCor(to: Address, amountWei: bigint): Promise<Mined> {
    return this.#write({ contract: "token", name: "transfer", args: [to, amountWei], action: "send COR" });
  }

  async transferGas(to: Address, amountWei: bigint): Promise<Mined> {
    return this.#mined(await this.#deps.queue.send({ to, data: "0x", valueWei: amountWei, action: "send coins" }));
  }

  /** A write in which the contract takes COR from the sender. */
  async #pay(amountWei: bigint, write: Write): Promise<Mined> {
    const spender = write.contract as Spender;
    await this.#approve(spender, amountWei, write.action);
    try {
      return await this.#write(write);
    } catch (error) {
      if (!isAllowanceGone(error)) throw error;
      // A practice chain came back from a dump that is older than the approval.
      this.#approved.delete(spender);
      await this.#approve(spender, amountWei, write.action);
      return this.#write(write);
    }
  }

  /** Once and for all: the token then no longer counts it down. */
  async #approve(spender: Spender, amountWei: bigint, action: string): Promise<void> {
    if (this.#approved.has(spender)) return;
    const { rpc, addresses } = this.#deps;
    const args = [this.address, addresses[spender]];
    const [allowance] = await readView(rpc, { contract: "token", address: addresses.token, name: "allowance", args });
    if ((allowance as bigint) < amountWei) {
      await this.#write({ contract: "token", name: "approve", args: [addresses[spender], ALL], action });
    }
    this.#approved.add(spender);
  }

  async #write({ contract, name, args, action }: Write): Promise<Mined> {
    const data = CONTRACTS[contract].encodeFunctionData(name, args);
    return this.#mined(await this.#deps.queue.send({ to: this.#deps.addresses[contract], data, action }));
  }

  #mined({ hash, block, gasUsed, feeWei }: Mined): Mined {
    const mined = { hash, block, gasUsed, feeWei };
    this.#deps.onMined(mined);
    return mined;
  }
}

function isAllowanceGone(error: unknown): boolean {
  return error instanceof CortensorError && error.details.data?.reason === "ERC20InsufficientAllowance";
}

/** `r` and `vs` of a compact signature. */
function split(signature: Hex): [Hex, Hex] {
  return [signature.slice(0, 66) as Hex, `0x${signature.slice(66)}`];
}
