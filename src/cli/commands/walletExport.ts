import { resolve } from "node:path";
import { CortensorError } from "../../errors/cortensorError.ts";
import { KeyStore } from "../../keys/index.ts";
import { defineCommand } from "../command.ts";
import { passwordFlags } from "../password.ts";

export const walletExport = defineCommand({
  about: "The copy stays encrypted with the same password, which must open it first. Any wallet program reads it.",
  arguments: [{ name: "name", describe: "a key of this home", required: true }],
  sections: [
    {
      title: "Options",
      flags: {
        to: {
          type: "string",
          default: undefined,
          value: "FILE",
          describe: "the new file (mode 0600); never overwritten",
        },
        ...passwordFlags,
      },
    },
  ],
  examples: [
    "cortensor wallet export owner --to owner-copy.json",
    "cortensor wallet export owner --to copy.json --password-file owner.txt",
  ],
  async run(ctx, { args: { name }, options }) {
    if (options.to === undefined)
      throw new CortensorError("argument-missing", "cortensor wallet export needs --to FILE", {
        try: `cortensor wallet export ${name} --to ${name}-copy.json`,
      });
    const keys = new KeyStore({ folder: ctx.home.keysFolder }, ctx);
    const address = await keys.addressOf(name);
    const file = resolve(options.to);
    const password = await ctx.password(`the ${name} wallet`, options);
    await ctx.step({ name: "key", work: () => keys.exportTo({ name, file, password }) });
    ctx.result({ schema: "cortensor.wallet/1", name, address, file }, () => {
      ctx.out(file);
      ctx.note(`Back into a home: cortensor wallet import ${name} --from ${file}`);
    });
  },
});
