import { clean } from "../text/clean.ts";
import { accent, cutLine, EMPTY, type Line, line, muted, strong } from "../text/line.ts";
import { sentence } from "../text/values.ts";

/** Before the first answer, which takes a second at most. */
export function waitingScreen({
  columns,
  rows,
  failure,
}: {
  readonly columns: number;
  readonly rows: number;
  readonly failure: string | undefined;
}): Line[] {
  const told =
    failure === undefined
      ? line(" ", muted("∙"), " Looking at what runs here.")
      : line(" ", { text: "✗", role: "error" }, ` ${sentence(clean(failure))}`);
  const keys = line(" ", accent("u"), " look again   ", accent("q"), " quit");
  return [line(" ", strong("cortensor")), EMPTY, told, EMPTY, keys].slice(0, rows).map((row) => cutLine(row, columns));
}
