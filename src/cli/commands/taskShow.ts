import { defineCommand } from "../command.ts";
import { printable } from "../output/printable.ts";
import { nodeNames } from "../tasks/nodeNames.ts";
import { openTasks, routerSection } from "../tasks/openTasks.ts";
import { countText, stateText, timeText } from "../tasks/taskText.ts";

export const taskShow = defineCommand({
  arguments: [{ name: "id", describe: "a task's id or the beginning of it", required: true }],
  sections: [routerSection],
  examples: ["cortensor task show t_9c37", "cortensor task show t_9c37 --json"],
  async run(ctx, { args, options }) {
    const task = await (await openTasks(ctx, options)).task(args.id, ctx.signal);
    const nameOf = await nodeNames(ctx, ctx.look.glyph.cut);
    const time = (ms: number | null): string => (ms === null ? "-" : timeText(ms));
    const speed = task.tokens_per_second === null ? "" : `, ${task.tokens_per_second.toLocaleString("en-US")} tok/s`;
    ctx.result(task, () =>
      ctx.fields([
        ["task", task.id],
        ["state", stateText(task)],
        ["created", task.created_at],
        ["model", printable(task.model)],
        ["miner", task.miner === null ? "-" : `${nameOf(task.miner)}, ${countText(task.attempt_count, "attempt")}`],
        ["tokens", `${task.prompt_tokens ?? "-"} in, ${task.output_tokens} out`],
        ["time", `first token ${time(task.ttft_ms)}, whole ${time(task.duration_ms)}${speed}`],
        ["cost", `${task.cost_cor} COR`],
        ["receipt", task.receipt ?? "-"],
      ]),
    );
  },
});
