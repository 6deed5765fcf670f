import { loggable } from "../../observability/loggable.ts";

/** One line of a node's log. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: string;
  readonly node: string;
  readonly message: string;
  /** All other values. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Which lines are wanted. */
export interface LogFilter {
  readonly level: string;
  /** The beginning of a task's id, as `t_9c41` or with all its digits. */
  readonly task?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
}

const LEVELS = ["debug", "info", "warn", "error"];
/** API keys, wherever somebody wrote one into a text. */
const KEY = /\bck_[A-Za-z0-9_-]{16,}/g;

/** A line that is wanted; undefined for any other, also for one that is cut off or no JSON. */
export function parseLogLine(
  line: string,
  { node, filter }: { node: string; filter: LogFilter },
): LogEntry | undefined {
  const fields = fieldsOf(line);
  if (fields === undefined) return undefined;
  const { at, level, message, node: named, ...values } = fields;
  const time = Date.parse(String(at));
  if (Number.isNaN(time) || time < (filter.since ?? 0)) return undefined;
  if (LEVELS.indexOf(String(level)) < LEVELS.indexOf(filter.level)) return undefined;
  if (filter.task !== undefined && !isOf(values.task, filter.task)) return undefined;
  return {
    time,
    level: String(level),
    node: typeof named === "string" ? named : node,
    message: String(message),
    values,
  };
}

/** A record as scripts get it. */
export function logJson({ time, level, node, message, values }: LogEntry): Record<string, unknown> {
  return { schema: "cortensor.log/1", at: new Date(time).toISOString(), level, node, message, ...values };
}

/** What is written was blanked when it was; a file that somebody else wrote to, or an older version, gets it here. */
function fieldsOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line.replace(KEY, "ck_(hidden)"));
    return typeof value === "object" && value !== null ? (loggable(value) as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isOf(task: unknown, wanted: string): boolean {
  const digits = wanted.toLowerCase().replace(/^(t_|0x)/, "");
  return typeof task === "string" && digits !== "" && task.replace(/^0x/, "").startsWith(digits);
}
