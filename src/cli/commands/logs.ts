import { CortensorError, isAbort } from "../../errors/cortensorError.ts";
import { sleep } from "../../util/async.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { type LogEntry, logJson } from "../logs/logEntry.ts";
import { logLine } from "../logs/logLine.ts";
import { NodeLogs } from "../logs/nodeLogs.ts";
import { parseSince } from "../logs/since.ts";

const LINES = 200;
const FOLLOW_MS = 200;
const LEAST_NAME_COLUMNS = 10;

export const logs = defineCommand({
  about: "What the nodes of this home wrote down, merged by time. The newest 200 lines, or all --since a time.",
  arguments: [{ name: "node", describe: "this node alone" }],
  sections: [
    {
      title: "Options",
      flags: {
        follow: { type: "boolean", default: false, short: "f", describe: "go on with what is written from now on" },
        since: { type: "string", default: undefined, value: "TIME", describe: "10m, 2h, 1d ago, or a date" },
        level: {
          type: "string",
          default: "info",
          choices: ["debug", "info", "warn", "error"],
          describe: "least level",
        },
        task: { type: "string", default: undefined, value: "ID", describe: "lines about this task alone" },
        lines: { type: "integer", default: undefined, min: 1, max: 100_000, describe: "the newest so many" },
      },
    },
  ],
  examples: ["cortensor logs miner-1 --level warn", "cortensor logs -f --since 10m"],
  // To follow ends with Ctrl-C, which is no error.
  drains: true,
  async run(ctx, { args, options }) {
    const { level, task } = options;
    const since = options.since === undefined ? undefined : parseSince(options.since, ctx.clock.now());
    const all = new NodeLogs({ home: ctx.home, only: args.node, filter: { level, task, since } });
    const names = await all.names();
    const newest = options.lines ?? (since === undefined ? LINES : undefined);
    const show = printer(ctx, names);
    mustExist(ctx, { names, wanted: args.node });
    (await all.read(newest)).forEach(show);
    if (options.follow) await follow(ctx, async () => (await all.read()).forEach(show));
  },
});

function printer(ctx: Context, names: readonly string[]): (entry: LogEntry) => void {
  const columns = Math.max(LEAST_NAME_COLUMNS, ...names.map(({ length }) => length));
  return (entry) => {
    if (ctx.global.json) ctx.json(logJson(entry));
    else ctx.out(logLine(entry, { look: ctx.look, columns, now: ctx.clock.now() }));
  };
}

async function follow(ctx: Context, more: () => Promise<void>): Promise<void> {
  try {
    for (;;) {
      await sleep(FOLLOW_MS, ctx.signal, ctx.clock);
      await more();
    }
  } catch (error) {
    if (!isAbort(error)) throw error;
  }
}

function mustExist(ctx: Context, { names, wanted }: { names: readonly string[]; wanted: string | undefined }): void {
  if (names.length === 0)
    throw new CortensorError("not-running", "no node of this home has written a log", {
      why: [["seen", ctx.home.root]],
      try: "cortensor up",
      data: { home: ctx.home.root },
    });
  if (wanted === undefined || names.includes(wanted)) return;
  throw new CortensorError("option-value", `no node ${wanted} of this home has a log`, {
    why: [["known", names.join(", ")]],
    try: `cortensor logs ${names[0] ?? ""}`,
    data: { node: wanted, known: names },
  });
}
