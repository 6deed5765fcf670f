import { CortensorError } from "../../errors/cortensorError.ts";
import { nodeRecords } from "../../fleet/status/nodeRecords.ts";
import { onNetwork } from "../../node/openNetwork.ts";
import { createSilentLog } from "../../observability/log.ts";
import { claimProof, settledRoot } from "../../protocol/settled.ts";
import { formatCor } from "../../util/money.ts";
import type { Address } from "../../util/types.ts";
import { SettledBook } from "../../validator/settledBook.ts";
import { defineCommand } from "../command.ts";
import { dryRunFlag } from "../flag.ts";
import { agree } from "../nodes/agree.ts";
import { passwordFlags } from "../password.ts";
import { keyNameOf, openWallet } from "../wallets/openWallet.ts";

export const nodeClaim = defineCommand({
  about: "Brings what the owners of this home's nodes have earned in settled epochs to their wallets.",
  arguments: [{ name: "node", describe: "this node's owner only" }],
  sections: [{ title: "Options", flags: { ...dryRunFlag, ...passwordFlags } }],
  examples: ["cortensor node claim --dry-run", "cortensor node claim miner-1 --yes"],
  async run(ctx, { args, options }) {
    await onNetwork(ctx, async ({ preset, chain }) => {
      const records = (await nodeRecords(ctx.home)).filter(
        ({ network, name }) => network === preset.name && (args.node === undefined || args.node === name),
      );
      if (records.length === 0)
        throw new CortensorError("option-value", `no node ${args.node ?? ""} of ${preset.name} is in this home`, {
          try: "cortensor node list",
        });
      const epoch = (await chain.settledEpochs()) - 1;
      const settled = await new SettledBook({ chain, log: createSilentLog() }).through(epoch);
      const agreed = epoch < 0 ? undefined : await chain.payout(epoch);
      if (agreed !== undefined && agreed !== settledRoot(settled))
        throw new CortensorError("chain-rejected", `the payouts of epoch ${epoch} are not those that were settled`, {
          why: [["seen", `${agreed} on the chain, ${settledRoot(settled)} worked out here`]],
        });
      const owners = new Map<Address, string>(records.map(({ owner, name }) => [owner, name]));
      const claims = [];
      for (const [owner, name] of owners) {
        const cumulativeWei = settled.totals.get(owner) ?? 0n;
        const amountWei = cumulativeWei - (await chain.claimed(owner));
        const proof = claimProof(settled, owner);
        if (amountWei > 0n && proof !== undefined) claims.push({ owner, name, cumulativeWei, amountWei, proof });
      }
      const shown = claims.map(({ owner, name, amountWei }) => ({
        node: name,
        owner,
        claim_cor: formatCor(amountWei),
      }));
      const record = { schema: "cortensor.claim/1", network: preset.name, epoch, claims: shown };
      if (claims.length === 0 || options.dryRun)
        return ctx.result({ ...record, dry_run: options.dryRun }, () => {
          if (claims.length === 0) ctx.out("Nothing waits: no epoch is settled in which a node here earned.");
          ctx.fields(shown.map(({ node, claim_cor: cor }) => [node, `${cor} COR`] as const));
        });
      const plan = shown.map(({ node, claim_cor: cor, owner }) => [node, `${cor} COR to ${owner}`] as const);
      await agree(ctx, { plan, question: "Claim?", practice: preset.practice });
      for (const { owner, name, cumulativeWei, proof } of claims) {
        const wallet = await openWallet(ctx, await keyNameOf(ctx.home, owner, `the owner of ${name}`), options);
        const claim = { owner, epoch, cumulativeWei, proof };
        await ctx.step({ name: `claim ${name}`, work: () => chain.as(wallet).claim(claim) });
      }
      ctx.result(record, () => {
        for (const { node, claim_cor: cor } of shown) ctx.out(`${node}: ${cor} COR claimed`);
      });
    });
  },
});
