import { z } from "zod";
import { CortensorError } from "../../errors/cortensorError.ts";
import { isOver } from "../../protocol/task.ts";
import { type AskedState, TASK_STATES, type TaskList } from "../../protocol/taskRecords.ts";
import type { Hex } from "../../util/types.ts";
import type { TaskTrace } from "../trace.ts";
import type { AnsweringRouter } from "./answeringRouter.ts";
import type { App } from "./app.ts";
import { explainRecord } from "./explainRecord.ts";
import { findTask } from "./findTask.ts";
import { KEYED } from "./keyed.ts";
import { stateOf, taskRecord } from "./taskRecord.ts";

const listSchema = z.object({
  state: z.enum(TASK_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(2000).default(50),
});
const idSchema = z.object({ taskId: z.string() });

/** What became of tasks, and why. A key sees its own tasks and no others. */
export function addTaskRoutes(app: App, { router }: { readonly router: AnsweringRouter }): void {
  const described = (summary: string) => ({ ...KEYED, summary, params: idSchema });
  app.get(
    "/api/v1/tasks",
    { schema: { ...KEYED, summary: "Tasks of this key, the newest first", querystring: listSchema } },
    ({ account, query }) => listOf(tasksOf(router, account), query),
  );
  app.get("/api/v1/tasks/:taskId", { schema: described("One task in short") }, ({ account, params }) => {
    const tasks = tasksOf(router, account);
    return taskRecord(findTask(params.taskId, tasks), tasks);
  });
  app.get(
    "/api/v1/tasks/:taskId/explain",
    { schema: described("Why a task went as it did: miners, times, costs") },
    ({ account, params }) => {
      const tasks = tasksOf(router, account);
      return explainRecord(findTask(params.taskId, tasks), tasks);
    },
  );
  app.post(
    "/api/v1/tasks/:taskId/cancel",
    { schema: described("End a task as if its client had left") },
    ({ account, params }, reply) => {
      const tasks = tasksOf(router, account);
      const task = findTask(params.taskId, tasks);
      if (isOver(task.state) || !router.cancel(task.id)) throw overAlready(task, tasks);
      // The miner is told now and its last receipt comes later.
      return reply.code(202).send(taskRecord(task, tasks));
    },
  );
}

function tasksOf(router: AnsweringRouter, account: Hex | undefined): readonly TaskTrace[] {
  return router.tasks().filter((task) => task.account === account);
}

function listOf(tasks: readonly TaskTrace[], asked: { state?: AskedState | undefined; limit: number }): TaskList {
  const found = tasks.filter((task) =>
    asked.state === "open" ? !isOver(task.state) : asked.state === undefined || stateOf(task) === asked.state,
  );
  return {
    schema: "cortensor.tasks/1",
    total: found.length,
    tasks: found.slice(0, asked.limit).map((task) => taskRecord(task, tasks)),
  };
}

function overAlready(task: TaskTrace, tasks: readonly TaskTrace[]): CortensorError {
  const { short_id: id, state } = taskRecord(task, tasks);
  return new CortensorError("task-over", `the task ${id} is over: ${state}`, {
    try: `cortensor task explain ${id}`,
    data: { task: task.id, state },
  });
}
