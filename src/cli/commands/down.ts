import { purge, takeDown } from "../../fleet/takeDown.ts";
import { defineCommand } from "../command.ts";

export const down = defineCommand({
  about: "Stops every process of this home. The chain, keys and balances stay for the next start.",
  sections: [
    {
      title: "Options",
      flags: {
        purge: {
          type: "boolean",
          default: false,
          describe: "also forget the practice chain and what its nodes stored; keys and models stay",
        },
      },
    },
  ],
  examples: ["cortensor down", "cortensor down --purge --yes"],
  drains: true,
  async run(ctx, { options }) {
    const agreed = !options.purge || (await ctx.confirm("Forget the practice chain with all its balances?"));
    if (!agreed) return 130;
    const names = await ctx.step({ name: "stop", work: () => takeDown(ctx.home) });
    if (options.purge) await purge(ctx.home);
    ctx.result({ schema: "cortensor.down/1", stopped: names, purged: options.purge }, () => {
      ctx.out(names.length === 0 ? "Nothing ran in this home." : `Stopped: ${names.join(", ")}.`);
      if (options.purge) ctx.out("The practice chain is forgotten. cortensor up starts a fresh one.");
    });
    return 0;
  },
});
