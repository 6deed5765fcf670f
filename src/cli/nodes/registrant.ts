import type { Role } from "../../chain/interface.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { nodeRecords } from "../../fleet/status/nodeRecords.ts";
import { KeyStore } from "../../keys/index.ts";
import type { Signer } from "../../keys/interface.ts";
import { consentOf } from "../../node/enrol.ts";
import { openIdentity } from "../../node/identity.ts";
import type { Network } from "../../node/openNetwork.ts";
import type { Address, Hex } from "../../util/types.ts";
import type { Context } from "../context.ts";
import type { PasswordSource } from "../password.ts";
import { openWallet } from "../wallets/openWallet.ts";
import { isAddress } from "./findNode.ts";
import { roleOf } from "./registration.ts";

export interface RegisterOptions extends PasswordSource {
  readonly role: string | undefined;
  readonly owner: string | undefined;
  readonly ownerWallet: string | undefined;
  readonly node: string | undefined;
  readonly consent: string | undefined;
}

/** Who is to be registered by whom, before any key is opened or made. */
export interface Registrant {
  /** Undefined when the node's key lives elsewhere. */
  readonly name: string | undefined;
  readonly role: Role;
  /** Undefined while the key is still to be made. */
  readonly node: Address | undefined;
  readonly owner: Address | undefined;
}

/** Reads what is there and changes nothing. Throws `argument-missing`, `option-value`, `key-missing`. */
export async function findRegistrant(
  ctx: Context,
  { word, options, network }: { word: string | undefined; options: RegisterOptions; network: string },
): Promise<Registrant> {
  const keys = new KeyStore({ folder: ctx.home.keysFolder }, ctx);
  const ownerFlag = options.owner === undefined ? undefined : address("--owner", options.owner);
  if (options.node !== undefined) {
    if (options.consent === undefined)
      throw new CortensorError("argument-missing", "a node whose key is elsewhere is registered with its consent", {
        why: [["needed", "--consent SIGNATURE, which cortensor node register NAME --owner ADDRESS prints there"]],
      });
    const role = roleOf({ flag: options.role, known: undefined, name: undefined });
    const owner = await keys.addressOf(options.ownerWallet ?? "owner");
    return { name: undefined, role, node: address("--node", options.node), owner };
  }
  const records = (await nodeRecords(ctx.home)).filter((record) => record.network === network);
  const name = word ?? (records.length === 1 ? records[0]?.name : undefined);
  if (name === undefined)
    throw new CortensorError("argument-missing", "which node is to be registered", {
      why: [["known", records.length === 0 ? "none in this network" : records.map((one) => one.name).join(", ")]],
      try: `cortensor node register ${records[0]?.name ?? "miner-1"}`,
    });
  ctx.home.node(name);
  const known = records.find((record) => record.name === name)?.role;
  const optional = async (key: string): Promise<Address | undefined> =>
    (await keys.has(key)) ? keys.addressOf(key) : undefined;
  const { ownerWallet } = options;
  const owner =
    ownerFlag ?? (await (ownerWallet === undefined ? optional(`${name}-owner`) : keys.addressOf(ownerWallet)));
  return { name, role: roleOf({ flag: options.role, known, name }), node: await optional(name), owner };
}

/** The keys and the consent with which it is done. Makes what is missing. */
export async function openRegistrant(
  ctx: Context,
  { registrant, options, network }: { registrant: Registrant; options: RegisterOptions; network: Network },
): Promise<{
  readonly node: Address;
  readonly owner: Signer | undefined;
  readonly ownerAddress: Address;
  readonly consent: Hex;
}> {
  const { name, role, owner } = registrant;
  const { preset, chain } = network;
  if (name === undefined) {
    const wallet = await openWallet(ctx, options.ownerWallet ?? "owner", options);
    // Both were checked when the registrant was found.
    return {
      node: registrant.node as Address,
      owner: wallet,
      ownerAddress: wallet.address,
      consent: options.consent as Hex,
    };
  }
  const elsewhere = options.owner !== undefined || options.ownerWallet !== undefined;
  const identity = await openIdentity({
    home: ctx.home,
    name,
    practice: preset.practice,
    ...(elsewhere && owner !== undefined && { ownerAddress: owner }),
    ownerPassword: (isNew) => ctx.password(`the owner wallet ${name}-owner`, { ...options, isNew }),
  });
  const { ownerWallet } = options;
  const signer = ownerWallet === undefined ? identity.ownerSigner : await openWallet(ctx, ownerWallet, options);
  return {
    node: identity.node.address,
    owner: signer,
    ownerAddress: identity.owner,
    consent: consentOf(identity.node, { owner: identity.owner, role, chain }),
  };
}

function address(what: string, text: string): Address {
  if (isAddress(text)) return text.toLowerCase() as Address;
  throw new CortensorError("option-value", `${what} takes an address, 0x and 40 hexadecimal digits, not ${text}`, {
    data: { option: what, value: text },
  });
}
