import { getCreateAddress } from "ethers";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Signer } from "../../keys/interface.ts";
import type { Log } from "../../observability/log.ts";
import type { Address, Clock } from "../../util/types.ts";
import type { NetworkPreset } from "../interface.ts";
import { type DeploymentParameters, deploymentParameters } from "../parameters.ts";
import { isHex, malformed, pendingTimestamp, quantity, readHeader } from "./blocks.ts";
import { type Addresses, lower, readAddresses, readView } from "./contractReader.ts";
import { BYTECODE, CONTRACTS, type ContractName } from "./contracts.ts";
import { askChainId, FailoverRpc, type Rpc } from "./failoverRpc.ts";
import { Fees } from "./fees.ts";
import { HeadFollower } from "./headFollower.ts";
import type { Sending } from "./pendingTransaction.ts";
import { fromStruct, type ParametersStruct, toStruct } from "./parameters.ts";
import { patience, TransactionQueue } from "./transactionQueue.ts";
import type { TransactionReceipt } from "./receipts.ts";
import { translate } from "./translate.ts";

/** PUSH0 PUSH0 PUSH0 MCOPY PUSH0 TLOAD STOP: fails where the Cancun upgrade is missing. */
const CANCUN_PROBE = "0x5f5f5f5e5f5c00";
/** In the order of their nonces; the `Runtime` checks the others, so it is last. */
const ORDER = ["token", "escrow", "registry", "rewards", "runtime"] as const satisfies readonly ContractName[];
const PRACTICE_GAS_WEI = 10n ** 18n;

export interface DeployOptions {
  readonly name: string;
  readonly practice: boolean;
  readonly rpc: readonly string[];
  /** Pays the gas and has no power afterwards. On a practice chain it is given the gas. */
  readonly deployer: Signer;
  /** Gets 650 M COR. */
  readonly treasury: Address;
  /** What is to differ from the defaults; without `genesis` epoch 0 begins now. */
  readonly parameters?: Partial<DeploymentParameters>;
}

export interface DeployDeps {
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Deploys the contracts, all at once, and checks what stands there. Throws `chain-old` where the chain lacks what they
 * need, `chain-rejected`, `gas-low`, `rpc-unreachable`.
 */
export async function deployNetwork(options: DeployOptions, { log, clock }: DeployDeps): Promise<NetworkPreset> {
  const { name, practice, deployer, treasury } = options;
  const chainId = await askChainId(options.rpc);
  const rpc = new FailoverRpc(options.rpc, chainId);
  const head = new HeadFollower({ idle: practice }, { rpc, clock, log });
  const stopping = new AbortController();
  try {
    await checkCancun(rpc);
    if (practice) await giveGas(rpc, deployer.address);
    await head.start();
    const parameters = await complete(rpc, options);
    const addresses = predict(deployer.address, await nonceOf(rpc, deployer.address));
    const queue = new TransactionQueue(
      { chainId, ...patience(practice), signal: stopping.signal },
      { rpc, fees: new Fees({ rpc, head, clock }), signer: deployer, log },
    );
    const receipts = await sendAll(queue, creations(addresses, { parameters, treasury }));
    await verify(rpc, { addresses, parameters, receipts });
    const block = Math.min(...receipts.map((receipt) => receipt.block));
    log.info("network deployed", { name, chainId, runtime: addresses.runtime, block });
    const { runtime } = addresses;
    return {
      schema: "cortensor.network/1",
      name,
      practice,
      chainId,
      rpc: options.rpc,
      runtime,
      block,
      ...(practice ? { treasury } : {}),
    };
  } finally {
    stopping.abort();
    await head.stop();
    rpc.close();
  }
}

async function checkCancun(rpc: Rpc): Promise<void> {
  try {
    await rpc.call("eth_call", [{ data: CANCUN_PROBE }, "latest"]);
  } catch (error) {
    if (error instanceof CortensorError) throw error;
    throw new CortensorError("chain-old", "the chain lacks the Cancun upgrade, which the contracts need", {
      cause: error,
    });
  }
}

async function giveGas(rpc: Rpc, address: Address): Promise<void> {
  const balance = await rpc.call("eth_getBalance", [address, "latest"]);
  if (!isHex(balance)) throw malformed("balance");
  if (BigInt(balance) >= PRACTICE_GAS_WEI) return;
  try {
    await rpc.call("anvil_setBalance", [address, quantity(PRACTICE_GAS_WEI)]);
  } catch (error) {
    throw translate(error, { action: "give itself gas", from: address });
  }
}

async function complete(rpc: Rpc, { practice, parameters }: DeployOptions): Promise<DeploymentParameters> {
  // An idle practice chain has a newest block from long ago, and epochs would begin there.
  const genesis = practice ? await pendingTimestamp(rpc) : (await readHeader(rpc, "latest"))?.timestamp;
  return deploymentParameters(practice, { genesis: genesis ?? 0, ...parameters });
}

async function nonceOf(rpc: Rpc, address: Address): Promise<number> {
  const count = await rpc.call("eth_getTransactionCount", [address, "pending"]);
  if (!isHex(count)) throw malformed("transaction count");
  return Number(count);
}

function predict(from: Address, nonce: number): Addresses {
  const at = (index: number): Address => lower(getCreateAddress({ from, nonce: nonce + index }));
  return { token: at(0), escrow: at(1), registry: at(2), rewards: at(3), runtime: at(4) };
}

/** Creation code with the constructor's arguments, in the order of `ORDER`. */
function creations(
  { token, escrow, registry, rewards, runtime }: Addresses,
  { parameters, treasury }: { parameters: DeploymentParameters; treasury: Address },
): readonly Sending[] {
  const struct = toStruct(parameters);
  const args: Readonly<Record<ContractName, readonly unknown[]>> = {
    token: [runtime, treasury],
    escrow: [runtime, token, parameters.closeDelaySeconds],
    registry: [runtime, token],
    rewards: [runtime, token, registry, struct],
    runtime: [token, escrow, registry, rewards, struct],
  };
  return ORDER.map((contract) => ({
    to: undefined,
    data: BYTECODE[contract] + CONTRACTS[contract].encodeDeploy(args[contract]).slice(2),
    action: `deploy the ${contract} contract`,
  }));
}

/** Sent together: the `Runtime` cannot be estimated before its parts stand, but it is smaller than each of them. */
async function sendAll(queue: TransactionQueue, creations: readonly Sending[]): Promise<readonly TransactionReceipt[]> {
  const parts = creations.slice(0, -1);
  const limits = await Promise.all(parts.map((part) => queue.estimate(part)));
  const last = limits.reduce((sum, limit) => sum + limit, 0n);
  const sent = creations.map((creation, at) => queue.send({ ...creation, gasLimit: limits[at] ?? last }));
  const done = await Promise.allSettled(sent);
  // The first that failed says why; those after it only fail because of it.
  const failed = done.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return Promise.all(sent);
}

interface Deployed {
  readonly addresses: Addresses;
  readonly parameters: DeploymentParameters;
  readonly receipts: readonly TransactionReceipt[];
}

async function verify(rpc: Rpc, { addresses, parameters, receipts }: Deployed): Promise<void> {
  const [found, [struct]] = await Promise.all([
    readAddresses(rpc, addresses.runtime),
    readView(rpc, { contract: "runtime", address: addresses.runtime, name: "parameters" }),
  ]);
  const stands = ORDER.every(
    (name, at) => receipts[at]?.contract === addresses[name] && found[name] === addresses[name],
  );
  const wanted = Object.entries(fromStruct(toStruct(parameters)));
  const holds = Object.entries(fromStruct(struct as ParametersStruct)).every(([name, value]) =>
    wanted.some(([other, expected]) => other === name && expected === value),
  );
  if (!stands || !holds) throw new Error(`the deployed network is not the one that was sent: ${JSON.stringify(found)}`);
}
