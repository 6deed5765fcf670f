import { CortensorError } from "../../errors/cortensorError.ts";
import type { Hex } from "../../util/types.ts";
import type { TaskTrace } from "../trace.ts";

const LEAST_DIGITS = 4;

/** `t_` and the least digits that no other of these tasks begins with. */
export function shortTaskId(id: Hex, tasks: readonly Pick<TaskTrace, "id">[]): string {
  const same = tasks.reduce((most, other) => (other.id === id ? most : Math.max(most, sameDigits(id, other.id))), 0);
  return `t_${id.slice(2, 2 + Math.max(LEAST_DIGITS, same + 1))}`;
}

/** The one task of this id or beginning of one, `t_9c37` or `0x9c37...`. Throws `task-missing`, also for several. */
export function findTask(word: string, tasks: readonly TaskTrace[]): TaskTrace {
  const start = /^(?:t_|0x)([0-9a-f]{1,64})$/.exec(word.toLowerCase())?.[1];
  const found = start === undefined ? [] : tasks.filter(({ id }) => id.startsWith(start, 2));
  const [one, another] = found;
  if (one !== undefined && another === undefined) return one;
  throw missing(
    word.slice(0, 80),
    found.slice(0, 5).map(({ id }) => shortTaskId(id, tasks)),
  );
}

function missing(word: string, found: readonly string[]): CortensorError {
  const many = found.length > 1;
  return new CortensorError(
    "task-missing",
    many ? `several tasks of this key begin with ${word}` : `this key has no task ${word}`,
    {
      why: many ? [["found", found.join(", ")]] : [["why", "a router knows the newest 2,000 tasks that are over"]],
      try: "cortensor task list",
      data: { task: word, found },
    },
  );
}

function sameDigits(one: Hex, other: Hex): number {
  let at = 2;
  while (at < one.length && one[at] === other[at]) at += 1;
  return at - 2;
}
