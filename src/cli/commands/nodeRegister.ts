import { onNetwork } from "../../node/openNetwork.ts";
import { formatCor } from "../../util/money.ts";
import { defineCommand } from "../command.ts";
import { dryRunFlag, type Flags } from "../flag.ts";
import { carryOut, planOf } from "../nodes/carryOut.ts";
import { findRegistrant } from "../nodes/registrant.ts";
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
