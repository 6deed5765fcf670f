import type { Chain, Faucet, NodeRecord, Role } from "../chain/interface.ts";
import { ROLE } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import { digest, registerHash } from "../protocol/eip712.ts";
import type { Signer } from "../keys/interface.ts";
import { formatCor } from "../util/money.ts";
import type { Address, Hex } from "../util/types.ts";
import type { Identity } from "./identity.ts";

/** Gas that the keys of a practice node are kept at. */
const PRACTICE_GAS_WEI = 5n * 10n ** 17n;
/** What a practice router starts with to pay its miners. */
const PRACTICE_FLOAT_WEI = 500n * 10n ** 18n;

export interface EnrolOptions {
  readonly identity: Identity;
  readonly role: Role;
  /** Only routers are found by their addresses. */
  readonly addresses: readonly string[];
  /** Given where money has value: registering spends it. */
  readonly consent: boolean;
}

/** Funds a practice node, then registers it unless it is registered. Running it again changes nothing. */
export async function enrol(
  options: EnrolOptions,
  deps: { readonly chain: Chain; readonly faucet: Faucet | undefined },
): Promise<NodeRecord> {
  const { identity } = options;
  const { chain, faucet } = deps;
  const known = await chain.node(identity.node.address);
  // COR is given once, before the first registration: given again, it would pass for earnings and swallow them.
  const stakeWei = known === undefined ? chain.parameters.minimumStakeWei : 0n;
  const floatWei = known === undefined && options.role === "router" ? PRACTICE_FLOAT_WEI : 0n;
  if (faucet !== undefined) await fund(identity, faucet, { stakeWei, floatWei });
  if (known !== undefined) return checked(known, options);
  await register(options, chain);
  const made = await chain.node(identity.node.address);
  if (made === undefined)
    throw new CortensorError("chain-rejected", `${identity.name} was registered and the registry does not show it`);
  return made;
}

async function fund(identity: Identity, faucet: Faucet, cor: { stakeWei: bigint; floatWei: bigint }): Promise<void> {
  const gasWei = PRACTICE_GAS_WEI;
  const wallets = [faucet.fund(identity.node.address, { corWei: cor.floatWei, gasWei })];
  if (identity.ownerSigner !== undefined) wallets.push(faucet.fund(identity.owner, { corWei: cor.stakeWei, gasWei }));
  await Promise.all(wallets);
}

function checked(record: NodeRecord, { identity, role }: EnrolOptions): NodeRecord {
  if (record.role !== role)
    throw new CortensorError("config-invalid", `${identity.name} is registered as a ${record.role}, not as a ${role}`, {
      why: [["why", `the key ${identity.node.address} has one role for as long as it is registered`]],
      try: `cortensor ${role} start --name ${identity.name}-${role}`,
    });
  return record;
}

async function register({ identity, role, addresses, consent }: EnrolOptions, chain: Chain): Promise<void> {
  const { node, owner, ownerSigner } = identity;
  const stakeWei = chain.parameters.minimumStakeWei;
  if (ownerSigner === undefined)
    throw new CortensorError("consent-needed", `${identity.name} is not registered and its owner's key is elsewhere`, {
      why: [["needed", `owner ${owner} registers the node ${node.address}`]],
      try: `cortensor node register --node ${node.address} --role ${role} --consent ${consentOf(node, { owner, role, chain })}`,
    });
  if (!consent && !chain.parameters.practice)
    throw new CortensorError("consent-needed", `registering ${identity.name} stakes ${formatCor(stakeWei)} COR`, {
      why: [
        ["owner", owner],
        ["stake", `${formatCor(stakeWei)} COR, back after unstaking`],
      ],
      try: `cortensor ${role} start --name ${identity.name} --yes`,
    });
  const { corWei } = await chain.balance(owner);
  if (corWei < stakeWei)
    throw new CortensorError(
      "stake-low",
      `the network asks for ${formatCor(stakeWei)} COR of stake and the wallet has ${formatCor(corWei)}`,
      {
        why: [["needed", `${formatCor(stakeWei - corWei)} COR more on ${owner}`]],
        try: `cortensor ${role} start --name ${identity.name}`,
      },
    );
  const nodeConsent = consentOf(node, { owner, role, chain });
  await chain.as(ownerSigner).register({ address: node.address, role, stakeWei, addresses, consent: nodeConsent });
}

/** The node key's signature that lets `owner` register it in this role. */
export function consentOf(
  node: Signer,
  { owner, role, chain }: { readonly owner: Address; readonly role: Role; readonly chain: Pick<Chain, "domain"> },
): Hex {
  return node.sign(digest(chain.domain, registerHash({ owner, role: ROLE[role] })));
}
