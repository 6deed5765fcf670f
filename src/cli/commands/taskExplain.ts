import type { CortensorClient } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { defineCommand } from "../command.ts";
import { explainFields } from "../tasks/explainFields.ts";
import { nodeNames } from "../tasks/nodeNames.ts";
import { openTasks, routerSection } from "../tasks/openTasks.ts";

export const taskExplain = defineCommand({
  about: "Everything a router decided about a task. A router knows the newest 2,000 that are over; no prompt is in it.",
  arguments: [{ name: "id", describe: "a task's id or the beginning of it" }],
  sections: [
    { title: "Options", flags: { last: { type: "boolean", default: false, describe: "the newest task" } } },
    routerSection,
  ],
  examples: ["cortensor task explain --last", "cortensor task explain t_9c37 --json"],
  async run(ctx, { args, options }) {
    checkChoice(args.id, options.last);
    const client = await openTasks(ctx, options);
    const record = await client.explain(args.id ?? (await newest(client, ctx.signal)), ctx.signal);
    const { glyph } = ctx.look;
    const nameOf = await nodeNames(ctx, glyph.cut);
    ctx.result(record, () => ctx.fields(explainFields(record, { nameOf, between: glyph.between })));
  },
});

function checkChoice(id: string | undefined, last: boolean): void {
  if (id === undefined && !last)
    throw new CortensorError("argument-missing", "which task is to be explained is not said", {
      try: "cortensor task explain --last",
    });
  if (id !== undefined && last)
    throw new CortensorError("argument-extra", `--last and ${id} name two tasks`, {
      try: `cortensor task explain ${id}`,
    });
}

async function newest(client: CortensorClient, signal: AbortSignal): Promise<string> {
  const [task] = (await client.tasks({ limit: 1 }, signal)).tasks;
  if (task !== undefined) return task.id;
  throw new CortensorError("task-missing", "this key has asked nothing yet", {
    try: 'cortensor submit "What is a dog?"',
  });
}
