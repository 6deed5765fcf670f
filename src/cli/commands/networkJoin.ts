import { joinNetwork, PresetFolder } from "../../config/index.ts";
import { privateFolder } from "../../node/home.ts";
import { defineCommand } from "../command.ts";
import { dryRunFlag } from "../flag.ts";
import { useNetwork } from "./networkUse.ts";

export const networkJoin = defineCommand({
  about:
    "Keeps the preset under its own name. Another machine's practice network gets the start of its Runtime behind it.",
  arguments: [{ name: "source", describe: "a preset file, or its http(s) address", required: true }],
  sections: [
    {
      title: "Options",
      flags: {
        use: { type: "boolean", default: false, describe: "let commands work on it from now on, without asking" },
        ...dryRunFlag,
      },
    },
  ],
  examples: ["cortensor network join harbor.json --use", "cortensor network join https://harbor.example/preset.json"],
  async run(ctx, { args, options }) {
    const presets = new PresetFolder(ctx.home.networksFolder);
    if (!options.dryRun) await privateFolder(ctx.home.root);
    const preset = await ctx.step({
      name: "preset",
      work: () => joinNetwork(args.source, { presets, signal: ctx.signal, keep: !options.dryRun }),
    });
    ctx.note(
      `${preset.name} ${ctx.notes.glyph.between} chain ${preset.chainId} ${ctx.notes.glyph.between} Runtime ${preset.runtime}`,
    );
    const ask = !options.use && !options.dryRun && (ctx.canAsk || ctx.global.yes);
    const use = options.use || (ask && (await ctx.confirm(`Let commands on this machine work on ${preset.name}?`)));
    if (use && !options.dryRun) await useNetwork(ctx, preset.name);
    ctx.result({ schema: "cortensor.joined/1", network: preset.name, in_use: use, preset }, () => {
      ctx.out(use ? `Commands now work on ${preset.name}` : `${preset.name} is known here`);
      if (!use) ctx.note(`Work on it: cortensor network use ${preset.name}`);
    });
  },
});
