import { statusReader } from "../../fleet/status/collectStatus.ts";
import { canOpenDashboard } from "../../tui/canOpenDashboard.ts";
import { defineCommand, type Instead } from "../command.ts";
import type { Context } from "../context.ts";
import { version } from "../version.ts";

/** What somebody can begin with: a word, what it is, and the command line. */
const DOORS: readonly (readonly [word: string, about: string, argv: readonly string[]])[] = [
  ["Try it", "a whole practice network on this machine   about 15 s, no download", ["up"]],
  ["Earn", "serve models for COR", ["miner", "start"]],
  ["Build", "an OpenAI-compatible endpoint for your app", ["up", "--detach"]],
  ["Read", "all commands", ["--help"]],
];

export const bare = defineCommand({
  examples: ["cortensor", "cortensor --help"],
  async run(ctx) {
    if (!ctx.canAsk || ctx.global.json || !canOpenDashboard(ctx)) return ctx.out(ctx.help.root().trimEnd());
    const { nodes, processes } = await statusReader({ home: ctx.home, clock: ctx.clock })();
    return nodes.length + processes.length > 0 ? { instead: ["status"] } : await doors(ctx);
  },
});

async function doors(ctx: Context): Promise<Instead | undefined> {
  const { style } = ctx.notes;
  ctx.note(
    `${style.strong(`cortensor ${version()}`)}   AI answers from machines that anyone can run and anyone can check\n`,
  );
  ctx.note(style.muted(" Arrows or a number, Enter starts, q quits. All commands: cortensor --help\n"));
  const chosen = await ctx.choose(DOORS.map(([word, about]) => `${word.padEnd(9)}${about}`));
  const argv = chosen === undefined ? undefined : DOORS[chosen]?.[2];
  if (argv === undefined) return undefined;
  ctx.note(`${style.muted("=")} cortensor ${argv.join(" ")}`);
  return { instead: argv };
}
