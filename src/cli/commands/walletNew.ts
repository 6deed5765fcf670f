import { privateFolder } from "../../node/home.ts";
import { defineCommand } from "../command.ts";
import { passwordFlags } from "../password.ts";
import { taken } from "./walletTaken.ts";

export const walletNew = defineCommand({
  about:
    "The key is encrypted with a password that is kept nowhere. Without the password or the file, what the key holds is lost.",
  arguments: [{ name: "name", describe: "its name in this home (default owner)" }],
  sections: [{ title: "Options", flags: passwordFlags }],
  examples: ["cortensor wallet new", "cortensor wallet new savings --password-file savings.txt"],
  async run(ctx, { args: { name = "owner" }, options }) {
    const { KeyStore } = await import("../../keys/index.ts");
    const keys = new KeyStore({ folder: ctx.home.keysFolder }, ctx);
    if (await keys.has(name)) throw taken(keys.fileOf(name), name);
    const password = await ctx.password(`the ${name} wallet`, { ...options, isNew: true });
    await privateFolder(ctx.home.root);
    const { address } = await ctx.step({ name: "key", work: () => keys.create({ name, password }) });
    ctx.result({ schema: "cortensor.wallet/1", name, address, file: keys.fileOf(name) }, () => {
      ctx.out(`${name}  ${address}`);
      ctx.note(`Do now: cortensor wallet export ${name} --to FILE   without a copy, this disk is all there is of it`);
    });
  },
});
