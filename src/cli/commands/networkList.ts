import { loadSetting, LOCAL, PresetFolder } from "../../config/index.ts";
import { defineCommand } from "../command.ts";
import { loadOptions } from "../createContext.ts";

export const networkList = defineCommand({
  examples: ["cortensor network list", "cortensor network list --json"],
  async run(ctx) {
    const inUse = String((await loadSetting(loadOptions(ctx), "network")).value);
    const presets = await new PresetFolder(ctx.home.networksFolder).list();
    const networks = presets.map(({ name, practice, chainId, runtime, rpc }) => ({
      name,
      in_use: name === inUse,
      practice,
      chain_id: chainId,
      runtime,
      rpc,
    }));
    ctx.result({ schema: "cortensor.networks/1", networks }, () => {
      const rows = networks.map((one) => [
        one.in_use ? ctx.look.glyph.selected : "",
        one.name,
        one.practice ? "practice" : "public",
        String(one.chain_id),
        one.runtime,
      ]);
      if (!presets.some(({ name }) => name === LOCAL))
        rows.unshift([
          inUse === LOCAL ? ctx.look.glyph.selected : "",
          LOCAL,
          "practice",
          "",
          "not started yet: cortensor up",
        ]);
      ctx.table(
        [{ title: "" }, { title: "Network" }, { title: "Kind" }, { title: "Chain", right: true }, { title: "Runtime" }],
        rows,
      );
    });
  },
});
