import type { AskedState, TaskRecord } from "../../client/index.ts";
import { TASK_STATES } from "../../protocol/taskRecords.ts";
import { defineCommand } from "../command.ts";
import { duration } from "../output/duration.ts";
import { printable } from "../output/printable.ts";
import { type NameOf, nodeNames } from "../tasks/nodeNames.ts";
import { openTasks, routerSection } from "../tasks/openTasks.ts";
import { corText, timeText } from "../tasks/taskText.ts";

const COLUMNS = [
  { title: "Task" },
  { title: "Age", right: true },
  { title: "State" },
  { title: "Miner" },
  { title: "Model" },
  { title: "In", right: true },
  { title: "Out", right: true },
  { title: "First token", right: true },
  { title: "Cost", right: true },
] as const;

export const taskList = defineCommand({
  about: "What this API key asked of its router, the newest first. Prompts and answers are never shown.",
  sections: [
    {
      title: "Options",
      flags: {
        state: {
          type: "string",
          default: undefined,
          choices: TASK_STATES,
          describe: "only these; open is what is not over",
        },
        limit: { type: "integer", default: 20, min: 1, max: 2000, describe: "at most so many" },
      },
    },
    routerSection,
  ],
  examples: ["cortensor task list", "cortensor task list --state failed --json"],
  async run(ctx, { options }) {
    const client = await openTasks(ctx, options);
    const list = await client.tasks(
      { state: options.state as AskedState | undefined, limit: options.limit },
      ctx.signal,
    );
    const nameOf = await nodeNames(ctx, ctx.look.glyph.cut);
    ctx.result(list, () => {
      const { tasks, total } = list;
      if (total === 0) return ctx.note('There is no such task yet: cortensor submit "What is a dog?"');
      ctx.table(
        COLUMNS,
        tasks.map((task) => row(task, { nameOf, now: ctx.clock.now() })),
      );
      if (total > tasks.length) ctx.note(`${tasks.length} of ${total}, all with --limit ${Math.min(total, 2000)}`);
    });
  },
});

function row(task: TaskRecord, { nameOf, now }: { nameOf: NameOf; now: number }): string[] {
  return [
    task.short_id,
    duration(Math.max(0, now - Date.parse(task.created_at))),
    printable(task.state),
    task.miner === null ? "-" : nameOf(task.miner),
    printable(task.model),
    task.prompt_tokens?.toLocaleString("en-US") ?? "-",
    task.output_tokens.toLocaleString("en-US"),
    task.ttft_ms === null ? "-" : timeText(task.ttft_ms),
    task.cost_cor === "0" ? "-" : corText(task.cost_cor),
  ];
}
