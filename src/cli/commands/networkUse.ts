import { LOCAL, PresetFolder } from "../../config/index.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { privateFolder } from "../../node/home.ts";

export const networkUse = defineCommand({
  arguments: [{ name: "name", describe: "a network of this home", required: true }],
  examples: ["cortensor network use local", "cortensor network use harbor"],
  async run(ctx, { args }) {
    // The practice network may be chosen before it was ever started.
    if (args.name !== LOCAL) await new PresetFolder(ctx.home.networksFolder).read(args.name);
    await useNetwork(ctx, args.name);
    ctx.result({ schema: "cortensor.config/1", key: "network", value: args.name }, () =>
      ctx.out(`Commands now work on ${args.name}`),
    );
  },
});

/** Makes a network the one that commands work on. */
export async function useNetwork(ctx: Context, name: string): Promise<void> {
  const { ConfigStore } = await import("../../config/store.ts");
  await privateFolder(ctx.home.root);
  new ConfigStore(ctx.home.configFile).set("network", name);
}
