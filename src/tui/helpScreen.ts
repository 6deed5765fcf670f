import { tabs } from "./health/header.ts";
import { accent, cut, cutLine, EMPTY, type Line, line, muted, type Part, strong } from "./text/line.ts";

const KEYS: readonly (readonly [left: readonly [string, string], right: readonly [string, string]])[] = [
  [
    ["↑↓   j k", "select a node"],
    ["Space", "freeze the picture"],
  ],
  [
    ["g  G", "top, end"],
    ["u", "look again now"],
  ],
  [
    ["q", "quit; asks if nodes stop"],
    ["Esc", "back, never quits"],
  ],
  [
    ["Ctrl-C", "quit; own nodes drain"],
    ["?", "this help"],
  ],
];

const WORDS: readonly (readonly [string, string])[] = [
  ["newcomer", "fewer than 10 orders done with a router"],
  ["slots", "answers at once: busy of all"],
  ["first token", "half of the last hour's answers began sooner"],
  ["tok/s", "speed of one answer, middle of the last hour"],
  ["failed", "orders broken in the last hour"],
  ["rep", "a router's trust, 0 to 1; 6/10 are a newcomer's first orders"],
  ["waiting", "earned, in vouchers that are not redeemed yet"],
];

const LEFT = 14;
const RIGHT = 10;
const HALF = 44;

/** All keys and words of the screens, in place of the screen until a key closes it. */
export function helpScreen({ columns, rows }: { readonly columns: number; readonly rows: number }): Line[] {
  const half = columns < 80 ? 30 : HALF;
  const named = (key: string, about: string, wide: number): Part[] => [accent(key.padEnd(wide)), about];
  const body: Line[] = [
    line(" ", strong("Move".padEnd(half)), strong("Look")),
    ...KEYS.map(([[key, about], right]) =>
      line(" ", ...named(key, cut(about, half - LEFT - 1).padEnd(half - LEFT), LEFT), ...named(...right, RIGHT)),
    ),
    EMPTY,
    line(" ", strong("Words")),
    ...WORDS.map(([word, about]) => line(" ", word.padEnd(LEFT), about)),
    EMPTY,
    line(
      " ",
      { text: "✓", role: "ok" },
      " well   ",
      { text: "!", role: "warn" },
      " look   ",
      { text: "✗", role: "error" },
      " broken   ",
      muted("∙"),
      " none   ",
      accent("▸"),
      " selected",
    ),
    line(" Any screen as text: ", muted("cortensor status --plain")),
  ];
  const room = Math.max(0, rows - 4);
  const shown = body.slice(0, room);
  const blanks = Array.from({ length: room - shown.length }, () => EMPTY);
  const last = line(" any key closes");
  return [tabs("help", columns), EMPTY, ...shown, ...blanks, EMPTY, last]
    .slice(0, rows)
    .map((row) => cutLine(row, columns));
}
