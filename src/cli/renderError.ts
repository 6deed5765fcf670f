import { CortensorError, isAbort } from "../errors/cortensorError.ts";
import { json } from "./output/json.ts";
import type { Look } from "./output/look.ts";
import { translate } from "./translate.ts";

/** An error as it leaves the program: text for stderr, and the exit code. */
export interface Rendered {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * Renders any thrown value. Three parts: what happened, `why` lines, `try` last; with `asJson` one line. An abort is quiet:
 * no text, 130. A stack is shown for bugs only, and only with `debug`.
 */
export function renderError(
  thrown: unknown,
  { look, asJson, debug }: { look: Look; asJson: boolean; debug: boolean },
): Rendered {
  const error = translate(thrown);
  const quiet = isAbort(thrown) || error.code === "interrupted";
  if (quiet && !asJson) return { text: "", exitCode: error.exitCode };
  const text = asJson ? `${json(record(error))}\n` : readable(error, look);
  const stack = debug && error.code === "internal" && thrown instanceof Error ? `${stackOf(thrown)}\n` : "";
  return { text: asJson ? text : text + stack, exitCode: error.exitCode };
}

function record(error: CortensorError): unknown {
  const { why, data } = error.details;
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(why !== undefined && { why }),
      data: data ?? {},
      try: tryOf(error),
    },
    exit_code: error.exitCode,
  };
}

function readable(error: CortensorError, look: Look): string {
  const lines: (readonly [string, string])[] = [...(error.details.why ?? []), ["try", tryOf(error)]];
  const width = Math.max(...lines.map(([label]) => label.length)) + 3;
  const indent = `\n${" ".repeat(7 + width)}`;
  const head = `${look.style.error(`error[${error.code}]:`)} ${error.message}`;
  const body = lines.map(
    ([label, text]) => `       ${look.style.muted(label.padEnd(width))}${text.replaceAll("\n", indent)}`,
  );
  return `${[head, ...body].join("\n")}\n`;
}

function tryOf(error: CortensorError): string {
  return error.details.try ?? `cortensor help ${error.code}`;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
