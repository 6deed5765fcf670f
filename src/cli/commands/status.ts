import { CortensorError } from "../../errors/cortensorError.ts";
import { statusReader } from "../../fleet/status/collectStatus.ts";
import type { StatusSnapshot } from "../../observability/snapshot.ts";
import { canOpenDashboard } from "../../tui/canOpenDashboard.ts";
import { DOORS } from "../../tui/health/doors.ts";
import { openDashboard } from "../../tui/openDashboard.ts";
import { changeLines, hasChanged } from "../../tui/plain/changes.ts";
import { plainStatus } from "../../tui/plain/plainStatus.ts";
import { toAscii } from "../../tui/text/ascii.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { statusCheck } from "./statusCheck.ts";
import { mustRun, statusOf } from "./statusOf.ts";
import { statusWatch } from "./statusWatch.ts";

const INTERVAL_MS = 1000;

export const status = defineCommand({
  about: "On a terminal a dashboard, elsewhere lines. With --watch lines are appended when something changes.",
  sections: [
    {
      title: "What to show",
      flags: {
        node: { type: "string", default: undefined, value: "NAME", describe: "this node alone" },
        plain: { type: "boolean", default: false, describe: "lines instead of the dashboard, for screen readers too" },
        watch: { type: "boolean", default: false, describe: "go on; with --json one line of JSON at each change" },
        check: { type: "boolean", default: false, describe: "one line; exit 0 well, 4 unreachable, 5 not serving" },
      },
    },
  ],
  examples: ["cortensor status", "cortensor status --check"],
  drains: true,
  async run(ctx, { options }) {
    const reader = statusReader({ home: ctx.home, clock: ctx.clock });
    const first = await reader();
    if (options.check) return check(ctx, first);
    if (!options.watch) somethingRuns(first);
    const one = options.node;
    const part = (whole: StatusSnapshot): StatusSnapshot => (one === undefined ? whole : statusOf(whole, one));
    if (one !== undefined) mustRun(first, one);
    if (!ctx.global.json && !options.plain && canOpenDashboard(ctx)) {
      const { ascii, color } = ctx.look;
      await openDashboard({ ...ctx, read: reader, intervalMs: INTERVAL_MS, ascii, color, node: one });
      return 0;
    }
    const write = (line: string): void => ctx.out(ctx.look.ascii ? toAscii(line) : line);
    const shown = part(first);
    ctx.result(shown, () => plainStatus(shown).forEach(write));
    if (!options.watch) return 0;
    await statusWatch(
      {
        first: shown,
        read: async () => part(await reader()),
        next(before, after) {
          if (!ctx.global.json) changeLines(before, after).forEach(write);
          else if (hasChanged(before, after)) ctx.json(after);
        },
      },
      ctx,
    );
    return 0;
  },
});

function check(ctx: Context, snapshot: StatusSnapshot): number {
  const { exitCode, text } = statusCheck(snapshot);
  ctx.result({ schema: "cortensor.check/1", text, exit_code: exitCode, attention: snapshot.attention }, () =>
    ctx.out(text),
  );
  return exitCode;
}

function somethingRuns({ nodes, processes }: StatusSnapshot): void {
  if (nodes.length > 0 || processes.length > 0) return;
  const wide = Math.max(...DOORS.map(([, about]) => about.length)) + 3;
  throw new CortensorError("not-running", "nothing runs in this home", {
    why: DOORS.map(([word, about, command]) => [word.toLowerCase(), `${about.padEnd(wide)}${command}`] as const),
    try: "cortensor up",
  });
}
