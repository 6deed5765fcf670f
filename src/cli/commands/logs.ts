import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readdir } from "node:fs/promises";
import { defineCommand } from "../command.ts";
import { logLine, type LogEntry, parseLog } from "../logs/logLines.ts";

export const logs = defineCommand({
  about: "What the nodes of this home wrote down, merged by time.",
  arguments: [{ name: "node", describe: "this node alone" }],
  sections: [
    {
      title: "Options",
      flags: {
        level: {
          type: "string",
          default: "info",
          choices: ["debug", "info", "warn", "error"],
          describe: "least level",
        },
        task: { type: "string", default: undefined, value: "ID", describe: "lines about this task alone" },
        lines: { type: "integer", default: 200, min: 1, max: 100_000, describe: "the newest so many" },
      },
    },
  ],
  examples: ["cortensor logs", "cortensor logs miner-1 --level warn"],
  async run(ctx, { args, options }) {
    const folder = join(ctx.home.root, "nodes");
    const names = args.node === undefined ? await readdir(folder).catch(() => [] as string[]) : [args.node];
    const texts = await Promise.all(
      names.map((name) => readFile(join(ctx.home.node(name).logFolder, "node.log"), "utf8").catch(() => "")),
    );
    const entries: LogEntry[] = texts.flatMap((text) => parseLog(text, { level: options.level, task: options.task }));
    entries.sort((a, b) => a.time - b.time);
    for (const entry of entries.slice(-options.lines)) {
      if (ctx.global.json) ctx.json(entry.fields);
      else ctx.out(logLine(entry));
    }
  },
});
