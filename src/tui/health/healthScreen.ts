import { beside, EMPTY, type Line, lineWidth } from "../text/line.ts";
import { emptyState } from "./emptyState.ts";
import { sentenceBlock } from "./firstSentence.ts";
import { footer } from "./footer.ts";
import { header, tabs } from "./header.ts";
import { nodeTable } from "./nodeTable.ts";
import { latelyPanel, moneyPanel, networkPanel, networkRow, selectedPanel } from "./panels.ts";
import { LEAST, smallScreen } from "./smallScreen.ts";
import { isStale, type View } from "./view.ts";

const TWO_COLUMNS = 100;
const LOG_COLUMN = 140;
const RIGHT = 51;

/** The Health screen: exactly `rows` rows (fewer on a small one), none wider than `columns`. Pure. */
export function healthScreen(view: View): Line[] {
  if (view.columns < LEAST.columns || view.rows < LEAST.rows) return smallScreen(view);
  const top = [header(view), tabs("health", view.columns), EMPTY];
  const room = view.rows - top.length - 1;
  const body = (view.snapshot.nodes.length === 0 ? emptyState(view) : bodyOf(view, room)).slice(0, room);
  const shown = isStale(view) ? body.map(dimmed) : body;
  return [...top, ...shown, ...blanks(room - shown.length), footer(view)];
}

function bodyOf(view: View, rows: number): Line[] {
  if (view.columns < LOG_COLUMN) return columnOf(view, { room: view.columns, rows, lately: true });
  // A wide screen shows what happens beside everything else.
  const logRoom = Math.max(40, Math.floor(view.columns * 0.28));
  const at = view.columns - logRoom;
  const room = at - 2;
  const left = columnOf(view, { room, rows, lately: false });
  const right = latelyPanel(view, { room: logRoom, rows });
  return beside(left, right, at);
}

interface Block {
  readonly lines: readonly Line[];
  /** The first to leave has the lowest; undefined for what never leaves. */
  readonly leaves?: number;
}

/** The parts one above the other; those that leave first go until the rest fits, and the list of nodes gives way last. */
function columnOf(
  view: View,
  { room, rows, lately }: { readonly room: number; readonly rows: number; readonly lately: boolean },
): Line[] {
  const needs = view.snapshot.nodes.length + 1;
  const sentence = sentenceBlock({ ...view, columns: room });
  const always = (table: readonly Line[], told: readonly Line[]): Block[] => [
    { lines: told },
    { lines: table },
    { lines: moneyBlock(view, room) },
  ];
  const extras: Block[] = [
    ...(room < TWO_COLUMNS ? [{ lines: [networkRow({ ...view, columns: room })], leaves: 1 }] : []),
    { lines: selectedPanel({ ...view, columns: room }), leaves: 2 },
  ];
  const full = always(nodeTable(view, { room, rows: needs }), sentence);
  const kept = fitting([...full, ...extras], rows);
  if (kept !== undefined) {
    const left = rows - heightOf(kept) - 1;
    const news = lately && left >= 2 ? latelyPanel(view, { room, rows: left }) : [];
    return stacked([...kept, { lines: news }]);
  }
  const short = sentence.slice(0, 1);
  const others = heightOf(always([EMPTY], short)) - 1;
  return stacked(always(nodeTable(view, { room, rows: Math.max(3, rows - others) }), short));
}

/** All blocks, or those left when some have gone; undefined when even those that never leave are too high. */
function fitting(blocks: readonly Block[], rows: number): readonly Block[] | undefined {
  let kept = blocks;
  while (heightOf(kept) > rows) {
    const first = Math.min(...kept.map(({ leaves }) => leaves ?? Infinity));
    if (first === Infinity) return undefined;
    kept = kept.filter(({ leaves }) => leaves !== first);
  }
  return kept;
}

function stacked(blocks: readonly Block[]): Line[] {
  return blocks
    .filter(({ lines }) => lines.length > 0)
    .flatMap(({ lines }, at) => (at === 0 ? lines : [EMPTY, ...lines]));
}

function heightOf(blocks: readonly Block[]): number {
  return stacked(blocks).length;
}

function moneyBlock(view: View, room: number): Line[] {
  const money = moneyPanel(view);
  return room < TWO_COLUMNS ? money : beside(money, networkPanel(view), RIGHT);
}

function blanks(rows: number): Line[] {
  return Array.from({ length: Math.max(0, rows) }, () => EMPTY);
}

/** Old values are dim, whatever they were. */
function dimmed(row: Line): Line {
  return lineWidth(row) === 0 ? row : row.map(({ text }) => ({ text, role: "muted" }));
}
