import { recover } from "../../keys/index.ts";
import { writeNodeRecord } from "../../node/nodeRecord.ts";
import type { Network } from "../../node/openNetwork.ts";
import { formatCor } from "../../util/money.ts";
import type { Context } from "../context.ts";
import { agree } from "./agree.ts";
import { openRegistrant, type RegisterOptions, type Registrant } from "./registrant.ts";
import { register } from "./registration.ts";

export interface RegisterWork {
  readonly registrant: Registrant;
  readonly options: RegisterOptions;
  readonly network: Network;
  readonly record: Readonly<Record<string, unknown>>;
}

/** Asks, makes the keys that are missing, and registers, or prints the command for where the owner's key is. */
export async function carryOut(ctx: Context, { registrant, options, network, record }: RegisterWork): Promise<void> {
  const { preset, chain } = network;
  const { name, role } = registrant;
  const stakeWei = chain.parameters.minimumStakeWei;
  const label = name ?? registrant.node ?? "the node";
  if (options.owner === undefined)
    await agree(ctx, {
      plan: planOf(registrant, network),
      question: `Registering ${label} on ${preset.name} stakes ${formatCor(stakeWei)} COR of its owner. Go on?`,
      practice: preset.practice,
    });
  const opened = await openRegistrant(ctx, { registrant, options, network });
  const { node, owner, ownerAddress, consent } = opened;
  if (name !== undefined)
    await writeNodeRecord(ctx.home, { name, role, network: preset.name, address: node, owner: ownerAddress });
  const addresses = { address: node, owner: ownerAddress };
  if (owner === undefined) {
    const command = `cortensor node register --node ${node} --role ${role} --consent ${consent}`;
    return ctx.result({ ...record, ...addresses, registered: false, tx: null, consent, try: command }, () => {
      ctx.note(`Where the key of ${ownerAddress} is:`);
      ctx.out(command);
    });
  }
  const { hash } = await ctx.step({
    name: "register",
    work: () =>
      register({ node, role, stakeWei, consent }, { ...network, owner, recover, retry: ctx.again("").trim() }),
  });
  ctx.result({ ...record, ...addresses, registered: true, tx: hash }, () => {
    ctx.out(`${label} is registered on ${preset.name} as a ${role}, with ${formatCor(stakeWei)} COR of stake`);
    ctx.note(`It takes part from epoch ${chain.epoch().epoch + 1} on. Transaction ${hash}`);
  });
}

/** What registering will do, line by line. */
export function planOf({ name, role, node, owner }: Registrant, { preset, chain }: Network): [string, string][] {
  const stake = formatCor(chain.parameters.minimumStakeWei);
  return [
    ["network", `${preset.name}${preset.practice ? " (practice)" : ""}`],
    ["node", [name, node ?? "with a new key", `as a ${role}`].filter((part) => part !== undefined).join(", ")],
    ["owner", owner ?? "a new wallet"],
    ["stake", `${stake} COR, back after unstaking${preset.practice ? "; the faucet gives it" : ""}`],
  ];
}
