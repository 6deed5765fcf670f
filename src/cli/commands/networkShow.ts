import { loadSetting, PresetFolder } from "../../config/index.ts";
import { defineCommand } from "../command.ts";
import { loadOptions } from "../createContext.ts";

export const networkShow = defineCommand({
  about: "With --json the preset itself, as network join takes it.",
  arguments: [{ name: "name", describe: "a network of this home; the one in use when absent" }],
  examples: ["cortensor network show", "cortensor network show local --json"],
  async run(ctx, { args }) {
    const presets = new PresetFolder(ctx.home.networksFolder);
    const inUse = String((await loadSetting(loadOptions(ctx), "network")).value);
    const preset = await presets.read(args.name ?? inUse);
    ctx.result(preset, () => {
      ctx.fields([
        ["network", `${preset.name}${preset.name === inUse ? ", in use" : ""}`],
        ["kind", preset.practice ? "practice: its COR has no value" : "public"],
        ["chain", String(preset.chainId)],
        ...preset.rpc.map((url, index) => [index === 0 ? "rpc" : "", url] as const),
        ["runtime", preset.runtime],
        ["since block", preset.block.toLocaleString("en")],
        ["file", presets.fileOf(preset.name)],
      ]);
    });
  },
});
