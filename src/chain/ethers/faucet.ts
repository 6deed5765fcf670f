import { setTimeout as sleep } from "node:timers/promises";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Address, Hex } from "../../util/types.ts";
import type { Faucet, NetworkPreset } from "../interface.ts";
import { isHex, malformed, quantity } from "./blocks.ts";
import { readView } from "./contractReader.ts";
import { CONTRACTS } from "./contracts.ts";
import { FailoverRpc } from "./failoverRpc.ts";
import { readReceipt } from "./receipts.ts";
import { isNonceTaken, translate } from "./translate.ts";

const TREASURY_GAS_WEI = 10n ** 18n;
const TRIES = 20;
const PATIENCE_MS = 2000;

/** Throws `chain-rejected` for a network whose money is worth something. */
export function createFaucet({ preset }: { readonly preset: NetworkPreset }): Faucet {
  const { name, practice, treasury } = preset;
  if (!practice || treasury === undefined) {
    throw new CortensorError("chain-rejected", `${name} is no practice network, so nobody hands out its money`, {
      data: { network: name, reason: "NotPractice" },
    });
  }
  return new PracticeFaucet(preset, treasury);
}

/** Makes coins out of nothing and sends COR in the treasury's name, both of which only a practice chain allows. */
class PracticeFaucet implements Faucet {
  readonly #preset: NetworkPreset;
  readonly #treasury: Address;
  #token: Address | undefined;

  constructor(preset: NetworkPreset, treasury: Address) {
    this.#preset = preset;
    this.#treasury = treasury;
  }

  async fund(address: Address, least: { readonly corWei: bigint; readonly gasWei: bigint }): Promise<void> {
    const rpc = new FailoverRpc(this.#preset.rpc, this.#preset.chainId);
    try {
      const gave = await this.#raiseGas(rpc, { address, leastWei: least.gasWei });
      const sent = await this.#raiseCor(rpc, { address, leastWei: least.corWei });
      // Balances that were set are part of the next block, and of no dump before.
      if (gave && !sent) await rpc.call("evm_mine", []);
    } catch (error) {
      throw translate(error, { action: `fund ${address}` });
    } finally {
      rpc.close();
    }
  }

  async #raiseGas(rpc: FailoverRpc, { address, leastWei }: { address: Address; leastWei: bigint }): Promise<boolean> {
    const balance = await rpc.call("eth_getBalance", [address, "latest"]);
    if (!isHex(balance)) throw malformed("balance");
    if (BigInt(balance) >= leastWei) return false;
    await rpc.call("anvil_setBalance", [address, quantity(leastWei)]);
    return true;
  }

  async #raiseCor(rpc: FailoverRpc, { address, leastWei }: { address: Address; leastWei: bigint }): Promise<boolean> {
    const token = await this.#tokenAddress(rpc);
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const view = { contract: "token", address: token, name: "balanceOf", args: [address] } as const;
      const [balance] = await readView(rpc, view);
      const missingWei = leastWei - (balance as bigint);
      if (missingWei <= 0n) return attempt > 1;
      const data = CONTRACTS.token.encodeFunctionData("transfer", [address, missingWei]);
      if (await this.#sendOnce(rpc, { from: this.#treasury, to: token, data })) return true;
      await sleep(5 * attempt);
    }
    throw new CortensorError("timeout", "the faucet's transactions get into no block", { data: { address } });
  }

  /** False when another of the treasury's transactions took the nonce, which anvil gives: two at once may get the same. */
  async #sendOnce(rpc: FailoverRpc, call: Readonly<Record<string, string>>): Promise<boolean> {
    await this.#raiseGas(rpc, { address: this.#treasury, leastWei: TREASURY_GAS_WEI });
    await rpc.call("anvil_impersonateAccount", [this.#treasury]);
    await rpc.call("eth_estimateGas", [call]);
    try {
      return await arrives(rpc, (await rpc.call("eth_sendTransaction", [call])) as Hex);
    } catch (error) {
      if (isNonceTaken(error)) return false;
      throw error;
    }
  }

  async #tokenAddress(rpc: FailoverRpc): Promise<Address> {
    if (this.#token === undefined) {
      const runtime = this.#preset.runtime;
      const [token] = await readView(rpc, { contract: "runtime", address: runtime, name: "token" });
      this.#token = String(token).toLowerCase() as Address;
    }
    return this.#token;
  }
}

/** Whether it gets into a block, which the endpoint does not wait for. False once the pool has forgotten it. */
async function arrives(rpc: FailoverRpc, hash: Hex): Promise<boolean> {
  for (const begin = performance.now(); performance.now() - begin < PATIENCE_MS; await sleep(5)) {
    const known = await rpc.call("eth_getTransactionByHash", [hash]);
    if ((await readReceipt(rpc, hash)) !== undefined) return true;
    if (known === null) return false;
  }
  return false;
}
