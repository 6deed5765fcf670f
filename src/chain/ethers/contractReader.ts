import { isError, type Result } from "ethers";
import type { Address } from "../../util/types.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { malformed } from "./blocks.ts";
import { CONTRACTS, type ContractName } from "./contracts.ts";
import type { Rpc } from "./failoverRpc.ts";
import { translate } from "./translate.ts";

/** Where the network's contracts are. */
export type Addresses = Readonly<Record<ContractName, Address>>;

interface View {
  readonly contract: ContractName;
  readonly address: Address;
  readonly name: string;
  readonly args?: readonly unknown[];
}

/** The results of one view function, from the newest block. */
export async function readView(rpc: Rpc, { contract, address, name, args = [] }: View): Promise<Result> {
  const interface_ = CONTRACTS[contract];
  const data = interface_.encodeFunctionData(name, args);
  let answer: unknown;
  try {
    answer = await rpc.call("eth_call", [{ to: address, data }, "latest"]);
  } catch (error) {
    throw translate(error, { action: `read ${name}` });
  }
  if (typeof answer !== "string" || answer === "0x") throw malformed(`answer to ${name}`);
  try {
    return interface_.decodeFunctionResult(name, answer);
  } catch (error) {
    if (!isError(error, "BAD_DATA")) throw error;
    throw new CortensorError("chain-mismatch", `the ${contract} contract answers ${name} in another form`, {
      why: [["why", "the network was deployed by another version of this program, and contracts never change"]],
      try: "cortensor down --purge",
      data: { contract, address, name },
      cause: error,
    });
  }
}

/** The other contracts, as the `Runtime` names them. */
export async function readAddresses(rpc: Rpc, runtime: Address): Promise<Addresses> {
  const part = async (name: "token" | "escrow" | "registry" | "rewards"): Promise<Address> => {
    const [address] = await readView(rpc, { contract: "runtime", address: runtime, name });
    return lower(address);
  };
  const [token, escrow, registry, rewards] = await Promise.all([
    part("token"),
    part("escrow"),
    part("registry"),
    part("rewards"),
  ]);
  return { runtime, token, escrow, registry, rewards };
}

/** Ethers gives checksummed addresses. */
export function lower(address: unknown): Address {
  return String(address).toLowerCase() as Address;
}
