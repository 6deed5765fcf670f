import { recover } from "../../keys/index.ts";
import { writeNodeRecord } from "../../node/nodeRecord.ts";
import { type Network, onNetwork } from "../../node/openNetwork.ts";
import { formatCor } from "../../util/money.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { dryRunFlag, type Flags } from "../flag.ts";
import { agree } from "../nodes/agree.ts";
import { findRegistrant, openRegistrant, type Registrant, type RegisterOptions } from "../nodes/registrant.ts";
import { register } from "../nodes/registration.ts";
import { passwordFlags } from "../password.ts";

const flags = {
  role: {
    type: "string",
    default: undefined,
    value: "ROLE",
    choices: ["miner", "router", "validator"],
    describe: "what the node does; else what its name begins with",
  },
  ownerWallet: {
    type: "string",
    default: undefined,
    value: "NAME",
    describe: "the owner's key (default NAME-owner, or owner with --node)",
  },
  owner: {
    type: "string",
    default: undefined,
    value: "ADDRESS",
    describe: "an owner whose key is elsewhere: prints the command for there",
  },
  node: { type: "string", default: undefined, value: "ADDRESS", describe: "a node whose key is elsewhere" },
  consent: {
    type: "string",
    default: undefined,
    value: "SIGNATURE",
    describe: "of that node, as printed with --owner",
  },
  ...dryRunFlag,
  ...passwordFlags,
} as const satisfies Flags;

export const nodeRegister = defineCommand({
  about: "Signed by the owner, who stakes the network's minimum. A node that is registered already stays as it is.",
  arguments: [{ name: "name", describe: "a node of this home; not needed when there is only one" }],
  sections: [{ title: "Options", flags }],
  examples: ["cortensor node register miner-1 --dry-run", "cortensor node register miner-1 --owner-wallet owner --yes"],
  async run(ctx, { args, options }) {
    await onNetwork(ctx, async (network) => {
      const { preset, chain } = network;
      const registrant = await findRegistrant(ctx, { word: args.name, options, network: preset.name });
      const { role, name } = registrant;
      const known = registrant.node === undefined ? undefined : await chain.node(registrant.node);
      const record = {
        schema: "cortensor.registration/1",
        name: name ?? null,
        role,
        address: registrant.node ?? null,
        owner: known?.owner ?? registrant.owner ?? null,
        stake_cor: formatCor(chain.parameters.minimumStakeWei),
        network: preset.name,
      };
      if (known !== undefined)
        return ctx.result({ ...record, role: known.role, registered: true, tx: null }, () =>
          ctx.out(
            `${name ?? known.address} is registered on ${preset.name} as a ${known.role}, owned by ${known.owner}`,
          ),
        );
      if (options.dryRun)
        return ctx.result({ ...record, registered: false, tx: null, dry_run: true }, () =>
          ctx.fields(planOf(registrant, network)),
        );
      await carryOut(ctx, { registrant, options, network, record });
    });
  },
});

interface Work {
  readonly registrant: Registrant;
  readonly options: RegisterOptions;
  readonly network: Network;
  readonly record: Readonly<Record<string, unknown>>;
}

async function carryOut(ctx: Context, { registrant, options, network, record }: Work): Promise<void> {
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

function planOf({ name, role, node, owner }: Registrant, { preset, chain }: Network): [string, string][] {
  const stake = formatCor(chain.parameters.minimumStakeWei);
  return [
    ["network", `${preset.name}${preset.practice ? " (practice)" : ""}`],
    ["node", [name, node ?? "with a new key", `as a ${role}`].filter((part) => part !== undefined).join(", ")],
    ["owner", owner ?? "a new wallet"],
    ["stake", `${stake} COR, back after unstaking${preset.practice ? "; the faucet gives it" : ""}`],
  ];
}
