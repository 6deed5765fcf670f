import { Interface, type Result } from "ethers";
import * as token from "../contracts/CortensorToken.sol";
import * as rewards from "../contracts/EpochRewards.sol";
import * as registry from "../contracts/NodeRegistry.sol";
import * as runtime from "../contracts/Runtime.sol";
import * as escrow from "../contracts/SessionEscrow.sol";

/** The contracts' functions, events and errors. */
export const CONTRACTS = {
  runtime: new Interface(runtime.abi),
  token: new Interface(token.abi),
  escrow: new Interface(escrow.abi),
  registry: new Interface(registry.abi),
  rewards: new Interface(rewards.abi),
} as const;

export type ContractName = keyof typeof CONTRACTS;

/** Creation code. */
export const BYTECODE: Readonly<Record<ContractName, string>> = {
  runtime: runtime.bytecode,
  token: token.bytecode,
  escrow: escrow.bytecode,
  registry: registry.bytecode,
  rewards: rewards.bytecode,
};

export interface ContractError {
  readonly reason: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The error of one of our contracts that this revert data holds; undefined for others. Addresses in lower case. */
export function contractError(data: string | null | undefined): ContractError | undefined {
  if (data === null || data === undefined || data === "0x") return undefined;
  for (const contract of Object.values(CONTRACTS)) {
    const found = contract.parseError(data);
    if (found === null) continue;
    return { reason: found.name, args: named(found.args, found.fragment.inputs) };
  }
  return undefined;
}

function named(values: Result, inputs: readonly { name: string }[]): Record<string, unknown> {
  return Object.fromEntries(
    inputs.map((input, at) => {
      const value: unknown = values[at];
      return [input.name, typeof value === "string" && value.startsWith("0x") ? value.toLowerCase() : value];
    }),
  );
}
