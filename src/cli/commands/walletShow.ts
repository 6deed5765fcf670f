import { CortensorError } from "../../errors/cortensorError.ts";
import { KeyStore } from "../../keys/index.ts";
import { formatCor } from "../../util/money.ts";
import { defineCommand } from "../command.ts";
import { balanceOf } from "../wallets/balanceOf.ts";
import { chooseKey } from "../wallets/chooseKey.ts";

export const walletShow = defineCommand({
  about: "With its balances when the chain of the network in use answers.",
  arguments: [{ name: "name", describe: "a key of this home; not needed when there is only one" }],
  examples: ["cortensor wallet show", "cortensor wallet show owner --json"],
  async run(ctx, { args }) {
    const keys = new KeyStore({ folder: ctx.home.keysFolder }, ctx);
    const { name, address, createdAt } = chooseKey(await keys.list(), args.name);
    const file = keys.fileOf(name);
    const balance = await balanceOf(ctx, address);
    const known = balance instanceof CortensorError ? undefined : balance;
    const money = {
      network: known?.network ?? null,
      cor: known === undefined ? null : formatCor(known.corWei),
      gas: known === undefined ? null : formatCor(known.gasWei),
    };
    ctx.result({ schema: "cortensor.wallet/1", name, address, created_at: createdAt, file, ...money }, () => {
      ctx.fields([
        ["wallet", name],
        ["address", address],
        ["made", createdAt.slice(0, 10)],
        ["file", file],
        ...(known === undefined
          ? []
          : ([
              [`on ${known.network}`, `${formatCor(known.corWei, "balance")} COR`],
              ["", `${formatCor(known.gasWei, "balance")} gas`],
            ] as const)),
      ]);
      if (balance instanceof CortensorError && balance.code !== "network-unknown")
        ctx.note(`Balances are not known: ${balance.message}`);
    });
  },
});
