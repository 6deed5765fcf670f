import { clean } from "../text/clean.ts";
import { type Line, line, lineWidth, muted, type Part, spread, strong } from "../text/line.ts";
import { clockTime, count, span } from "../text/values.ts";
import type { View } from "./view.ts";

const WIDE = 100;

/** The first row: which network, how far it is, how many nodes, what time it is. */
export function header(view: View): Line {
  const right = line(muted(clockTime(view.now)), " ");
  const room = view.columns - lineWidth(right) - 1;
  // From all there is to say to the least: the first that fits is said.
  const said = [0, 1, 2, 3, 4].map((less) => left(view, view.columns < WIDE ? Math.max(1, less) : less));
  const fitting = said.find((one) => lineWidth(one) <= room) ?? said.at(-1) ?? [];
  return spread(fitting, right, view.columns);
}

function left({ snapshot: { network, totals } }: View, less: number): Line {
  const parts: Part[] = [" ", strong("cortensor")];
  const add = (text: string): number => parts.push(" · ", network?.reachable === false ? muted(text) : text);
  if (network !== null) {
    parts.push(` · ${clean(network.name)}${network.practice ? ", practice" : ""}`);
    const leaves = less < 2 ? `, ${span(network.epoch_ends_in_s * 1000)} left` : "";
    if (less < 3) add(`epoch ${count(network.epoch)}${leaves}`);
    if (less < 1) add(`block ${count(network.block)}`);
  }
  if (totals.nodes > 0 && less < 4)
    parts.push(` · ${count(totals.live)} of ${count(totals.nodes)} ${less < 1 ? "nodes live" : "live"}`);
  return line(...parts);
}

/** The second row: the screens there are, the open one in brackets. */
export function tabs(open: "health" | "help", columns: number): Line {
  const left = open === "health" ? line(" ", strong("[1 Health]")) : line("  1 Health");
  const right = open === "help" ? line(strong("[Help]"), " ") : line(muted("? help"), " ");
  return spread(left, right, columns);
}
