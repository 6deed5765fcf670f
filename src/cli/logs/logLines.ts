/** One line of a node's log. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

const LEVELS = ["debug", "info", "warn", "error"];
const MARKS: Readonly<Record<string, string>> = { warn: "!", error: "✗" };

/** The lines of a log file that are at least of the level; a line that is cut off or no JSON is passed over. */
export function parseLog(
  text: string,
  { level, task }: { readonly level: string; readonly task: string | undefined },
): readonly LogEntry[] {
  return text.split("\n").flatMap((line) => {
    if (line === "" || (task !== undefined && !line.includes(task))) return [];
    try {
      const fields = JSON.parse(line) as Record<string, unknown>;
      if (LEVELS.indexOf(String(fields.level)) < LEVELS.indexOf(level)) return [];
      return [{ time: Date.parse(String(fields.at)), fields }];
    } catch {
      return [];
    }
  });
}

/** Clock, node, message, then the values. */
export function logLine({ time, fields }: LogEntry): string {
  const { level, at: _at, node, message, ...values } = fields;
  const clock = new Date(time).toLocaleTimeString("en-GB");
  const rest = Object.entries(values).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return `${clock}  ${String(node).padEnd(12)} ${(MARKS[String(level)] ?? " ").padEnd(1)} ${String(message).padEnd(28)}  ${rest.join(" ")}`.trimEnd();
}
