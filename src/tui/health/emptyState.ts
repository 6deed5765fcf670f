import { accent, cutLine, type Line, line, muted } from "../text/line.ts";
import { DOORS } from "./doors.ts";
import { firstSentence } from "./firstSentence.ts";
import type { View } from "./view.ts";

/** In place of the nodes when there are none: what could run here, or what is on its way. */
export function emptyState(view: View): Line[] {
  const { processes } = view.snapshot;
  if (processes.length > 0)
    return [firstSentence(view), ...processes.map(({ name, state }) => line("   ", name.padEnd(14), muted(state)))].map(
      (row) => cutLine(row, view.columns),
    );
  // A narrow screen has no room for what each is about.
  const isNarrow = view.columns < 75;
  return [
    line(" Nothing runs here yet."),
    ...DOORS.map(([word, about, command]) =>
      line(`   ${word.padEnd(9)}`, muted(isNarrow ? "" : about.padEnd(39)), accent(command)),
    ),
  ].map((row) => cutLine(row, view.columns));
}
