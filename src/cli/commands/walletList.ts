import { KeyStore } from "../../keys/index.ts";
import { defineCommand } from "../command.ts";

export const walletList = defineCommand({
  examples: ["cortensor wallet list", "cortensor wallet list --json"],
  async run(ctx) {
    const wallets = await new KeyStore({ folder: ctx.home.keysFolder }, ctx).list();
    const record = wallets.map(({ name, address, createdAt }) => ({ name, address, created_at: createdAt }));
    ctx.result({ schema: "cortensor.wallets/1", wallets: record }, () => {
      if (wallets.length === 0) return ctx.note("No keys in this home yet. Make one: cortensor wallet new");
      ctx.table(
        [{ title: "Wallet" }, { title: "Address" }, { title: "Made" }],
        wallets.map(({ name, address, createdAt }) => [name, address, createdAt.slice(0, 10)]),
      );
    });
  },
});
