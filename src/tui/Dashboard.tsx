import { type Key, useInput, useWindowSize } from "ink";
import { type ReactNode, useCallback, useState, useSyncExternalStore } from "react";
import type { Feed, Picture } from "./feed.ts";
import { healthScreen } from "./health/healthScreen.ts";
import { waitingScreen } from "./health/waitingScreen.ts";
import { helpScreen } from "./helpScreen.ts";
import type { QuitChoices } from "./dashboardOptions.ts";
import { Rows } from "./Rows.tsx";
import { asciiLine, type Line } from "./text/line.ts";
import { firstView, placeOf, press, type ViewKey, type ViewState } from "./viewState.ts";

export interface DashboardProps {
  readonly feed: Feed;
  readonly intervalMs: number;
  readonly ascii: boolean;
  readonly quitChoices?: QuitChoices | undefined;
  /** Name of the node that is selected first. */
  readonly node?: string | undefined;
  /** The size of the screen, where the terminal does not tell. */
  readonly size?: { readonly columns: number; readonly rows: number };
  readonly onQuit: () => void;
  readonly onInterrupt: () => void;
}

/** The screens and their keys; what they show is made by pure functions from the feed's newest picture. */
export function Dashboard(props: DashboardProps): ReactNode {
  const { feed, ascii, size } = props;
  const picture = useSyncExternalStore(feed.subscribe, feed.picture);
  const [state, setState] = useState(() => firstView(props.node));
  const terminal = useWindowSize();
  const { columns, rows } = size ?? terminal;
  const view = useCallback((key: ViewKey) => setState((now) => press(now, key, feed.picture())), [feed]);
  useInput((input, key) => onKey({ input, key, state, props, view }));
  const lines = linesOf({ state, picture: state.frozen ?? picture, props, columns, rows });
  return <Rows lines={ascii ? lines.map(asciiLine) : lines} height={rows} />;
}

interface Pressed {
  readonly input: string;
  readonly key: Key;
  readonly state: ViewState;
  readonly props: DashboardProps;
  readonly view: (key: ViewKey) => void;
}

function onKey({ input, key, state, props, view }: Pressed): void {
  if (key.ctrl) return input === "c" ? props.onInterrupt() : undefined;
  if (state.asking) return onAnswer({ input, key, props, view });
  if (state.screen === "help") return view("health");
  if (key.escape) return view("back");
  if (key.upArrow) return view("up");
  if (key.downArrow) return view("down");
  if (key.home) return view("top");
  if (key.end) return view("end");
  // Several keys may arrive in one piece, from a paste or a slow line.
  for (const letter of input) onLetter(letter, props, view);
}

const VIEW_LETTERS: Readonly<Record<string, ViewKey>> = {
  k: "up",
  j: "down",
  g: "top",
  G: "end",
  " ": "freeze",
  "?": "help",
  "1": "health",
};

function onLetter(letter: string, props: DashboardProps, view: (key: ViewKey) => void): void {
  const known = VIEW_LETTERS[letter];
  if (known !== undefined) view(known);
  else if (letter === "u") props.feed.lookNow();
  else if (letter === "q") {
    if (props.quitChoices === undefined) props.onQuit();
    else view("ask");
  }
}

function onAnswer({ input, key, props, view }: Omit<Pressed, "state">): void {
  if (key.escape) return view("back");
  const choice = props.quitChoices?.choices.find((one) => one.key === input);
  if (choice === undefined) return;
  choice.choose();
  props.onQuit();
}

function linesOf({
  state,
  picture,
  props,
  columns,
  rows,
}: {
  readonly state: ViewState;
  readonly picture: Picture;
  readonly props: DashboardProps;
  readonly columns: number;
  readonly rows: number;
}): Line[] {
  const { intervalMs, quitChoices } = props;
  const { snapshot, updatedAt, now, failure } = picture;
  if (state.screen === "help") return helpScreen({ columns, rows });
  if (snapshot === undefined) return waitingScreen({ columns, rows, failure });
  const question =
    state.asking && quitChoices !== undefined
      ? { text: quitChoices.question, answers: quitChoices.choices.map(({ key, word }) => ({ key, word })) }
      : undefined;
  return healthScreen({
    snapshot,
    columns,
    rows,
    now,
    updatedAt,
    intervalMs,
    selected: snapshot.nodes[placeOf(state, snapshot.nodes)]?.address,
    frozen: state.frozen !== undefined,
    question,
  });
}
