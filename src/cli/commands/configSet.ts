import { checkValue, settingOf } from "../../config/index.ts";
import { privateFolder } from "../../node/home.ts";
import { defineCommand } from "../command.ts";
import { dryRunFlag } from "../flag.ts";

export const configSet = defineCommand({
  arguments: [
    { name: "key", describe: "a setting, such as router.port", required: true },
    { name: "value", describe: "its new value", required: true },
  ],
  sections: [{ title: "Options", flags: dryRunFlag }],
  examples: ["cortensor config set router.port 5011", "cortensor config set logLevel debug"],
  async run(ctx, { args, options }) {
    const { key, option } = settingOf(args.key);
    const value = checkValue(option, args.value, { kind: "argument", name: key });
    if (!options.dryRun) {
      const { ConfigStore } = await import("../../config/store.ts");
      await privateFolder(ctx.home.root);
      new ConfigStore(ctx.home.configFile).set(key, value);
    }
    ctx.result({ schema: "cortensor.config/1", key, value, file: ctx.home.configFile }, () => {
      ctx.out(`${key} = ${value}`);
      ctx.note(
        options.dryRun ? "Nothing was written." : `Back to what it was by default: cortensor config unset ${key}`,
      );
    });
  },
});
