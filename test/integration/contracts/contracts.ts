import { getCreateAddress, Interface, type InterfaceAbi, type Result, toQuantity } from "ethers";
import * as Token from "../../../src/chain/contracts/CortensorToken.sol";
import * as Rewards from "../../../src/chain/contracts/EpochRewards.sol";
import * as Registry from "../../../src/chain/contracts/NodeRegistry.sol";
import * as Runtime from "../../../src/chain/contracts/Runtime.sol";
import * as Escrow from "../../../src/chain/contracts/SessionEscrow.sol";
import type { Anvil } from "../../support/anvil.ts";

export const CHAIN_ID = 31_337;
export const COR = 10n ** 18n;
export const TREASURY = wallet(0xfee);
export const DEFAULTS = {
  epochSeconds: 100,
  genesis: 0,
  closeDelay: 100,
  orderLifetime: 50,
  receiptTokens: 64,
  frameBytes: 1 << 20,
  marginBps: 0,
  practice: true,
  unbondingEpochs: 3,
  minimumStake: 10n,
  maxValidators: 64,
  maxNodes: 10_000,
  anchorSeconds: 10,
  commitSeconds: 55,
  revealSeconds: 80,
  emission: 1000n,
  halvingEpochs: 4,
  idleEpochs: 3,
  confirmedEpochs: 24,
  reportBytes: 1 << 15,
  minersBps: 7000,
  validatorsBps: 2000,
};
export type TestParameters = typeof DEFAULTS;

/** A contract at its place. */
export interface Deployed {
  readonly address: string;
  readonly abi: Interface;
}

export interface Outcome {
  /** Name of the custom error; undefined when the call went through. */
  readonly error: string | undefined;
  readonly errorArgs: readonly unknown[];
  readonly gasUsed: number;
  readonly events: readonly { readonly name: string; readonly args: Result }[];
}

interface Receipt {
  readonly status: string;
  readonly gasUsed: string;
  readonly blockNumber: string;
  readonly contractAddress: string | null;
  readonly logs: readonly { readonly address: string; readonly topics: string[]; readonly data: string }[];
}

/** An address that nobody has a key of; anvil lets it send all the same. */
export function wallet(n: number): string {
  return `0x${(n + 0xabc000).toString(16).padStart(40, "0")}`;
}

export async function balanceOf(chain: TestChain, token: Deployed, owner: string): Promise<bigint> {
  return BigInt((await chain.view(token, "balanceOf", [owner]))[0]);
}

/** Calls in anybody's name, at block times of the caller's choice. */
export class TestChain {
  now = 0;
  readonly #anvil: Anvil;

  constructor(anvil: Anvil) {
    this.#anvil = anvil;
  }

  async start(): Promise<this> {
    await this.#anvil.rpc("anvil_autoImpersonateAccount", true);
    const block = (await this.#anvil.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
    this.now = Number(block.timestamp);
    return this;
  }

  async fundGas(...addresses: string[]): Promise<void> {
    await this.#anvil.batch(addresses.map((address) => ["anvil_setBalance", address, toQuantity(10n ** 24n)]));
  }

  /** Runs `action` and takes everything back, the clock too. */
  async undone<T>(action: () => Promise<T>): Promise<T> {
    const now = this.now;
    const id = await this.#anvil.rpc("evm_snapshot");
    try {
      return await action();
    } finally {
      await this.#anvil.rpc("evm_revert", id);
      this.now = now;
    }
  }

  async deploy(from: string, contract: { abi: InterfaceAbi; bytecode: string }, args: unknown[]): Promise<Deployed> {
    const abi = new Interface(contract.abi);
    const transaction = { from, data: contract.bytecode + abi.encodeDeploy(args).slice(2) };
    const receipt = await this.#send(transaction);
    if (receipt.contractAddress === null || receipt.status !== "0x1") {
      // At the block before, where the sender's nonce still leads to the same address.
      const block = toQuantity(Number(receipt.blockNumber) - 1);
      throw new Error((await this.#errorOf(transaction, block, abi)).name);
    }
    return { address: receipt.contractAddress.toLowerCase(), abi };
  }

  /** One second after the last call, or at `now + seconds`. */
  async call(from: string, on: Deployed, [name, ...args]: readonly [string, ...unknown[]]): Promise<Outcome> {
    const transaction = { from, to: on.address, data: on.abi.encodeFunctionData(name, args) };
    const receipt = await this.#send(transaction);
    const failure =
      receipt.status === "0x1" ? undefined : await this.#errorOf(transaction, receipt.blockNumber, on.abi);
    const events = receipt.logs
      .filter((log) => log.address.toLowerCase() === on.address)
      .flatMap((log) => on.abi.parseLog(log) ?? [])
      .map((log) => ({ name: log.name, args: log.args }));
    return { error: failure?.name, errorArgs: failure?.args ?? [], gasUsed: Number(receipt.gasUsed), events };
  }

  async view(on: Deployed, name: string, args: unknown[] = []): Promise<Result> {
    return (await this.views([[on, name, ...args]]))[0] as Result;
  }

  async views(calls: readonly (readonly [Deployed, string, ...unknown[]])[]): Promise<Result[]> {
    const results = await this.#anvil.batch(
      calls.map(([on, name, ...args]) => [
        "eth_call",
        { to: on.address, data: on.abi.encodeFunctionData(name, args) },
        "latest",
      ]),
    );
    return calls.map(([on, name], index) => on.abi.decodeFunctionResult(name, results[index] as string));
  }

  async #send(transaction: { from: string; to?: string; data: string }): Promise<Receipt> {
    this.now += 1;
    const [, receipt] = await this.#anvil.batch([
      ["evm_setNextBlockTimestamp", this.now],
      ["eth_sendTransactionSync", { ...transaction, gas: toQuantity(8_000_000) }],
    ]);
    return receipt as Receipt;
  }

  /** A failed call changed nothing, so it fails in the same way at the end of its block. */
  async #errorOf(
    transaction: object,
    block: string,
    abi: Interface,
  ): Promise<{ name: string; args: readonly unknown[] }> {
    try {
      await this.#anvil.rpc("eth_call", transaction, block);
    } catch (error) {
      const data = (error as Error).cause;
      const parsed = typeof data === "string" && data.length >= 10 ? abi.parseError(data) : null;
      return parsed ?? { name: `unnamed ${String(data)}`, args: [] };
    }
    throw new Error("a call failed and then did not");
  }
}

export interface TestNetwork {
  readonly token: Deployed;
  readonly escrow: Deployed;
  readonly registry: Deployed;
  readonly runtime: Deployed;
  readonly rewards: Deployed;
}

/** As a deployment does it: addresses by deployer and nonce, the runtime last. */
export async function deployNetwork(chain: TestChain, parameters: Partial<TestParameters> = {}): Promise<TestNetwork> {
  const deployer = wallet(0xde0 + chain.now);
  await chain.fundGas(deployer, TREASURY);
  const at = (nonce: number): string => getCreateAddress({ from: deployer, nonce }).toLowerCase();
  const [tokenAt, runtimeAt] = [at(0), at(4)];
  await chain.fundGas(at(3));
  const all = { ...DEFAULTS, genesis: chain.now, ...parameters };
  const token = await chain.deploy(deployer, Token, [runtimeAt, TREASURY]);
  const escrow = await chain.deploy(deployer, Escrow, [runtimeAt, tokenAt, all.closeDelay]);
  const registry = await chain.deploy(deployer, Registry, [runtimeAt, tokenAt]);
  const rewards = await chain.deploy(deployer, Rewards, [runtimeAt, tokenAt, registry.address, all]);
  const runtime = await chain.deploy(deployer, Runtime, [
    token.address,
    escrow.address,
    registry.address,
    rewards.address,
    all,
  ]);
  return { token, escrow, registry, runtime, rewards };
}
