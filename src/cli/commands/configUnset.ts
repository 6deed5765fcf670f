import { findSetting } from "../../config/tree.ts";
import { privateFolder } from "../../node/home.ts";
import { defineCommand } from "../command.ts";
import { dryRunFlag } from "../flag.ts";

export const configUnset = defineCommand({
  about: "Takes any key, so that one left by another version can be removed.",
  arguments: [{ name: "key", describe: "a setting, such as router.port", required: true }],
  sections: [{ title: "Options", flags: dryRunFlag }],
  examples: ["cortensor config unset router.port", "cortensor config unset network"],
  async run(ctx, { args, options }) {
    const { ConfigStore } = await import("../../config/store.ts");
    const key = findSetting(args.key)?.key ?? args.key;
    await privateFolder(ctx.home.root);
    const store = new ConfigStore(ctx.home.configFile);
    const was = options.dryRun ? store.has(key) : store.unset(key);
    ctx.result({ schema: "cortensor.config/1", key, was_set: was }, () => {
      ctx.out(was ? `${key} is no longer set` : `${key} was not set`);
      if (options.dryRun) ctx.note("Nothing was written.");
    });
  },
});
