import { CortensorError } from "../../errors/cortensorError.ts";
import { onNetwork } from "../../node/openNetwork.ts";
import { nodeRecords } from "../../fleet/status/nodeRecords.ts";
import { publicName } from "../../fleet/status/publicName.ts";
import { formatCor } from "../../util/money.ts";
import { defineCommand } from "../command.ts";
import { dryRunFlag } from "../flag.ts";
import { agree } from "../nodes/agree.ts";
import { findNode } from "../nodes/findNode.ts";
import { haveMoney } from "../nodes/haveMoney.ts";
import { passwordFlags } from "../password.ts";
import { amountOf } from "../wallets/amountOf.ts";
import { keyNameOf, openWallet } from "../wallets/openWallet.ts";

export const nodeStake = defineCommand({
  about: "Adds to a node's stake, signed by its owner's key. It is in force from the next epoch on.",
  arguments: [
    { name: "amount", describe: "COR to add", required: true },
    { name: "node", describe: "a name or an address; not needed when this home has only one" },
  ],
  sections: [{ title: "Options", flags: { ...dryRunFlag, ...passwordFlags } }],
  examples: ["cortensor node stake 50 miner-1 --dry-run", "cortensor node stake 50 miner-1 --yes"],
  async run(ctx, { args, options }) {
    const amountWei = amountOf("the amount", args.amount);
    if (amountWei === 0n)
      throw new CortensorError("option-value", "the amount is above 0", { data: { amount: args.amount } });
    await onNetwork(ctx, async ({ preset, chain, faucet }) => {
      const records = (await nodeRecords(ctx.home)).filter((record) => record.network === preset.name);
      const address = findNode({ word: args.node, records, registered: await chain.nodes() });
      const node = await chain.node(address);
      const label = records.find((record) => record.address === address)?.name ?? publicName(address);
      if (node === undefined)
        throw new CortensorError("option-value", `${label} is not registered on ${preset.name}`, {
          try: `cortensor node register ${label}`,
          data: { address, network: preset.name },
        });
      const amount = formatCor(amountWei);
      const record = {
        schema: "cortensor.stake/1",
        node: address,
        owner: node.owner,
        added_cor: amount,
        network: preset.name,
      };
      const plan = [
        ["node", `${label}  ${address}`],
        ["owner", node.owner],
        ["stake", `${amount} COR more, in force from epoch ${chain.epoch().epoch + 1}; back after unstaking`],
      ] as const;
      if (options.dryRun) return ctx.result({ ...record, dry_run: true, tx: null }, () => ctx.fields(plan));
      const wallet = await keyNameOf(ctx.home, node.owner, `the owner of ${label}`);
      await agree(ctx, { plan, question: `Stake ${amount} COR on ${label}?`, practice: preset.practice });
      const owner = await openWallet(ctx, wallet, options);
      await haveMoney(
        { owner: owner.address, corWei: amountWei, action: "staking" },
        { chain, faucet, retry: ctx.again("").trim() },
      );
      const { hash } = await ctx.step({ name: "stake", work: () => chain.as(owner).stake(address, amountWei) });
      ctx.result({ ...record, tx: hash }, () => {
        ctx.out(`${label} has ${amount} COR more of stake from epoch ${chain.epoch().epoch + 1} on`);
        ctx.note(`Transaction ${hash}`);
      });
    });
  },
});
