import { KeyStore } from "../../keys/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { formatCor } from "../../util/money.ts";
import type { Address } from "../../util/types.ts";
import { defineCommand } from "../command.ts";
import { dryRunFlag } from "../flag.ts";
import { isAddress } from "../nodes/findNode.ts";
import { amountOf } from "../wallets/amountOf.ts";
import { chooseKey } from "../wallets/chooseKey.ts";

export const walletFund = defineCommand({
  about: "Gives a wallet COR and gas of a practice network, up to the amounts asked for. They have no value.",
  arguments: [{ name: "name", describe: "a key of this home or an address; the only key or owner when absent" }],
  sections: [
    {
      title: "Options",
      flags: {
        cor: { type: "string", default: "1000", value: "AMOUNT", describe: "have at least this much COR" },
        gas: { type: "string", default: "1", value: "AMOUNT", describe: "have at least this much for gas" },
        ...dryRunFlag,
      },
    },
  ],
  examples: ["cortensor wallet fund", "cortensor wallet fund miner-1-owner --cor 500"],
  async run(ctx, { args, options }) {
    const least = { corWei: amountOf("--cor", options.cor), gasWei: amountOf("--gas", options.gas) };
    const { name, address } = await walletOf(args.name);
    const { onNetwork } = await import("../../node/openNetwork.ts");
    await onNetwork(ctx, async ({ preset, chain, faucet }) => {
      if (faucet === undefined) throw notPractice(preset.name, address);
      const fill = { name: "fund", work: () => faucet.fund(address, least) };
      if (!options.dryRun) await ctx.step(fill);
      const { corWei, gasWei } = await chain.balance(address);
      const money = { cor: formatCor(corWei), gas: formatCor(gasWei) };
      ctx.result(
        { schema: "cortensor.wallet/1", name, address, network: preset.name, dry_run: options.dryRun, ...money },
        () => {
          ctx.fields([
            ["wallet", name ?? address],
            [
              "has",
              `${formatCor(corWei, "balance")} COR, ${formatCor(gasWei, "balance")} gas on ${preset.name} (practice)`,
            ],
          ]);
          if (options.dryRun)
            ctx.note(`It would be filled up to ${formatCor(least.corWei)} COR and ${formatCor(least.gasWei)} gas.`);
        },
      );
    });

    async function walletOf(word: string | undefined): Promise<{ name: string | null; address: Address }> {
      if (word !== undefined && isAddress(word)) return { name: null, address: word.toLowerCase() as Address };
      return chooseKey(await new KeyStore({ folder: ctx.home.keysFolder }, ctx).list(), word);
    }
  },
});

function notPractice(network: string, address: Address): CortensorError {
  return new CortensorError("chain-rejected", `${network} is no practice network, so nobody hands out its money`, {
    why: [["needed", `somebody sends COR and gas to ${address}`]],
    try: `cortensor --network local wallet fund ${address}`,
    data: { network, address, reason: "NotPractice" },
  });
}
