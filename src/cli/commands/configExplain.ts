import { explain, loadSetting, SETTINGS } from "../../config/index.ts";
import type { Explanation } from "../../config/explain.ts";
import type { Context } from "../context.ts";
import { defineCommand } from "../command.ts";
import { loadOptions } from "../createContext.ts";

export const configExplain = defineCommand({
  about: "Without a key, all settings. Strongest first: flag, environment, config file, network preset, default.",
  arguments: [{ name: "key", describe: "a setting, such as router.port" }],
  examples: ["cortensor config explain router.port", "cortensor config explain --json"],
  async run(ctx, { args }) {
    const options = loadOptions(ctx);
    if (args.key !== undefined) {
      const one = explain(await loadSetting(options, args.key));
      ctx.result({ schema: "cortensor.setting/1", ...one }, () => showOne(ctx, one));
      return;
    }
    const all = await Promise.all(SETTINGS.map(async ({ key }) => explain(await loadSetting(options, key))));
    ctx.result({ schema: "cortensor.settings/1", settings: all }, () => showAll(ctx, all));
  },
});

function showOne(
  ctx: Context,
  { key, value, source, describe, range, default: byDefault, environment }: Explanation,
): void {
  ctx.fields([
    [key, String(value ?? "not set")],
    ["what", describe],
    ["from", `${source.kind}${source.kind === "default" ? "" : `, ${source.name}`}`],
    ["takes", range],
    ["default", String(byDefault ?? "none")],
    ["environment", environment],
  ]);
}

function showAll(ctx: Context, all: readonly Explanation[]): void {
  ctx.table(
    [{ title: "Setting" }, { title: "Value" }, { title: "From" }, { title: "What" }],
    all.map(({ key, value, source, describe }) => [key, String(value ?? ""), source.kind, describe]),
  );
}
