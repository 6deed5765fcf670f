import { defineCommand } from "../command.ts";

export const bare = defineCommand({
  examples: ["cortensor", "cortensor --help"],
  async run(ctx) {
    ctx.out(ctx.help.root().trimEnd());
  },
});
