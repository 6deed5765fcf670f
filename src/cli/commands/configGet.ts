import { explain, loadSetting } from "../../config/index.ts";
import { defineCommand } from "../command.ts";
import { loadOptions } from "../createContext.ts";

export const configGet = defineCommand({
  arguments: [{ name: "key", describe: "a setting, such as router.port", required: true }],
  examples: ["cortensor config get network", "cortensor config get router.port --json"],
  async run(ctx, { args }) {
    const { key, value } = explain(await loadSetting(loadOptions(ctx), args.key));
    ctx.result({ schema: "cortensor.config/1", key, value }, () => ctx.out(String(value ?? "")));
  },
});
