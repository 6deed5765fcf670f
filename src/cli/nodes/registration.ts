import type { Chain, Faucet, Mined, Role } from "../../chain/interface.ts";
import { ROLE } from "../../chain/interface.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Recover, Signer } from "../../keys/interface.ts";
import { digest, registerHash } from "../../protocol/eip712.ts";
import type { Address, Hex } from "../../util/types.ts";
import { haveMoney } from "./haveMoney.ts";

export interface Registration {
  readonly node: Address;
  readonly role: Role;
  readonly stakeWei: bigint;
  /** The node key's signature over owner and role. */
  readonly consent: Hex;
}

interface Deps {
  readonly chain: Chain;
  readonly faucet: Faucet | undefined;
  readonly owner: Signer;
  readonly recover: Recover;
  /** The command line that does it again. */
  readonly retry: string;
}

/**
 * Registers a node in its owner's name.
 *
 * Errors: `option-value` (the consent is of another key, owner, role or network), `stake-low`, `gas-low`, `chain-rejected`.
 */
export async function register({ node, role, stakeWei, consent }: Registration, deps: Deps): Promise<Mined> {
  const { chain, owner, recover } = deps;
  const hash = digest(chain.domain, registerHash({ owner: owner.address, role: ROLE[role] }));
  if (recover(hash, consent) !== node)
    throw new CortensorError("option-value", `the consent is not signed by ${node} for this owner and role`, {
      why: [
        ["owner", owner.address],
        ["role", role],
      ],
      try: "cortensor node register NAME --owner ADDRESS",
      data: { node, owner: owner.address, role },
    });
  await haveMoney({ owner: owner.address, corWei: stakeWei, action: "registering" }, deps);
  return await chain.as(owner).register({ address: node, role, stakeWei, addresses: [], consent });
}

const ROLES: readonly Role[] = ["router", "miner", "validator"];

/** The role that is asked for, else the one the node has, else the one its name begins with. Throws `argument-missing`. */
export function roleOf({
  flag,
  known,
  name,
}: {
  readonly flag: string | undefined;
  readonly known: Role | undefined;
  readonly name: string | undefined;
}): Role {
  const role = ROLES.find((one) => one === flag) ?? known ?? ROLES.find((one) => name?.startsWith(one) === true);
  if (role !== undefined) return role;
  throw new CortensorError("argument-missing", "the node's role is not known", {
    why: [["needed", "--role miner, --role router or --role validator"]],
    try: `cortensor node register ${name ?? "NAME"} --role miner`,
  });
}
