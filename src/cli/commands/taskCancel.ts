import type { CortensorClient, TaskRecord } from "../../client/index.ts";
import { sleep } from "../../util/async.ts";
import type { Clock } from "../../util/types.ts";
import { defineCommand } from "../command.ts";
import { openTasks, routerSection } from "../tasks/openTasks.ts";
import { corText, stateText } from "../tasks/taskText.ts";

/** A cancelled miner has two seconds for its last receipt. */
const OVER_MS = 5000;
const LOOK_MS = 100;
const OVER = ["closed", "failed", "cancelled"];

export const taskCancel = defineCommand({
  about: "Ends a task that runs as if its client had left. What was receipted until then is billed, nothing else.",
  arguments: [{ name: "id", describe: "a task's id or the beginning of it", required: true }],
  sections: [routerSection],
  examples: ["cortensor task cancel t_9c37", "cortensor task cancel t_9c37 --json"],
  async run(ctx, { args, options }) {
    const client = await openTasks(ctx, options);
    const { id } = await client.cancelTask(args.id, ctx.signal);
    const task = await untilOver(id, { client, signal: ctx.signal, clock: ctx.clock });
    ctx.result(task, () => {
      const cost = OVER.includes(task.state) ? `cost ${corText(task.cost_cor)}` : "its miner was told to stop";
      ctx.out(`${task.short_id} is ${stateText(task)}; ${cost}.`);
    });
  },
});

/** The task once its last receipt is in, or as it stands after the time. */
async function untilOver(
  id: string,
  { client, signal, clock }: { client: CortensorClient; signal: AbortSignal; clock: Clock },
): Promise<TaskRecord> {
  const until = clock.now() + OVER_MS;
  for (;;) {
    const task = await client.task(id, signal);
    if (OVER.includes(task.state) || clock.now() >= until) return task;
    await sleep(LOOK_MS, signal, clock);
  }
}
