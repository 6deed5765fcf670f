import { tabs } from "./health/header.ts";
import { accent, cutLine, EMPTY, type Line, line, muted, type Part, strong } from "./text/line.ts";

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
    ["Ctrl-C", "quit; nodes of this command drain"],
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
const HALF = 44;

/** All keys and words of the screens, in place of the screen until a key closes it. */
export function helpScreen({ columns, rows }: { readonly columns: number; readonly rows: number }): Line[] {
  const half = Math.min(HALF, Math.floor(columns / 2) + 4);
  const right = Math.min(12, Math.max(8, columns - half - 24));
  const pair = (key: string, about: string, widths: readonly [number, number]): Part[] => [
    accent(key.padEnd(widths[0])),
    about.slice(0, Math.max(0, widths[1] - widths[0] - 1)).padEnd(widths[1] - widths[0]),
  ];
  const body: Line[] = [
    line(" ", strong("Move".padEnd(half)), strong("Look")),
    ...KEYS.map(([a, b]) => line(" ", ...pair(...a, [LEFT, half]), ...pair(...b, [right, columns]))),
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
