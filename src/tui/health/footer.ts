import {
  accent,
  cutLine,
  EMPTY,
  type Line,
  line,
  lineWidth,
  muted,
  type Part,
  type Segment,
  spread,
} from "../text/line.ts";
import { clockTime, span } from "../text/values.ts";
import { isStale, type Question, type View } from "./view.ts";

/** The last row: the keys that do something here, and how old the picture is; or a question. */
export function footer(view: View): Line {
  if (view.question !== undefined) return asked(view.question, view.columns);
  const right = line(age(view), " ");
  const room = view.columns - lineWidth(right) - 1;
  const keys = keysOf(view);
  const essential = keys.filter(({ leaves }) => leaves !== true);
  const ways = [named(keys, "   "), named(keys, "  "), named(essential, "  ")];
  return spread(ways.find((one) => lineWidth(one) <= room) ?? named(essential, "  "), right, view.columns);
}

/** The question and its answers; the answers alone where both do not fit. */
export function asked({ text, answers }: Question, columns: number): Line {
  const words = (gap: string): Part[] =>
    [...answers, { key: "Esc", word: "stay" }].flatMap(({ key, word }): Part[] => [gap, accent(key), ` ${word}`]);
  const ways = [line(` ${text}`, ...words("   ")), line(` ${text}`, ...words("  ")), line(...words("  ").slice(1))];
  const fitting = ways.find((one) => lineWidth(one) <= columns) ?? ways.at(-1) ?? EMPTY;
  return cutLine(fitting, columns);
}

interface NamedKey {
  readonly key: string;
  readonly word: string;
  /** Where there is no room it goes unnamed; the help names it all the same. */
  readonly leaves?: true;
}

function keysOf({ snapshot, frozen }: View): NamedKey[] {
  return [
    ...(snapshot.nodes.length > 1 ? [{ key: "↑↓", word: "node" }] : []),
    { key: "Space", word: frozen ? "go on" : "freeze" },
    { key: "u", word: "look again", leaves: true },
    { key: "q", word: "quit" },
  ];
}

function named(keys: readonly NamedKey[], gap: string): Line {
  return line(" ", ...keys.flatMap(({ key, word }, at): Part[] => [at === 0 ? "" : gap, accent(key), ` ${word}`]));
}

function age(view: View): Segment {
  const { frozen, now, updatedAt } = view;
  if (frozen) return { text: `frozen at ${clockTime(now)}`, role: "warn" };
  const old = now - updatedAt;
  if (isStale(view)) return { text: `${span(old)} old`, role: "warn" };
  return muted(old < 1000 ? "updated now" : `updated ${span(old)} ago`);
}
