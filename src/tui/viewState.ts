import type { NodeStatus } from "../observability/snapshot.ts";
import type { Picture } from "./feed.ts";

/** What the keys changed about the screen. */
export interface ViewState {
  readonly screen: "health" | "help";
  /** The picture that stands still, while it does. */
  readonly frozen: Picture | undefined;
  /** Whether the last row asks how to leave. */
  readonly asking: boolean;
  readonly selected: {
    /** Undefined until a key selects. */
    readonly address: string | undefined;
    /** Its place when it was selected. */
    readonly place: number;
  };
  /** Name of the node that is selected before any key. */
  readonly first: string | undefined;
}

export function firstView(node: string | undefined): ViewState {
  return {
    screen: "health",
    frozen: undefined,
    asking: false,
    selected: { address: undefined, place: 0 },
    first: node,
  };
}

/** Keys that change the view and nothing else. */
export type ViewKey = "up" | "down" | "top" | "end" | "freeze" | "help" | "back" | "health" | "ask";

/** The view after a key. */
export function press(state: ViewState, key: ViewKey, picture: Picture): ViewState {
  const nodes = (state.frozen ?? picture).snapshot?.nodes ?? [];
  switch (key) {
    case "up":
      return select(state, nodes, placeOf(state, nodes) - 1);
    case "down":
      return select(state, nodes, placeOf(state, nodes) + 1);
    case "top":
      return select(state, nodes, 0);
    case "end":
      return select(state, nodes, nodes.length - 1);
    case "freeze":
      return { ...state, frozen: state.frozen === undefined ? picture : undefined };
    case "help":
      return { ...state, screen: "help" };
    case "back":
      return state.asking ? { ...state, asking: false } : { ...state, screen: "health", frozen: undefined };
    case "health":
      return { ...state, screen: "health" };
    case "ask":
      return { ...state, asking: true, screen: "health" };
    default:
      return key satisfies never;
  }
}

function select(state: ViewState, nodes: readonly NodeStatus[], wanted: number): ViewState {
  const place = Math.max(0, Math.min(nodes.length - 1, wanted));
  return { ...state, selected: { address: nodes[place]?.address, place } };
}

/** The selection follows its node; when that has left, it stays where it was. */
export function placeOf({ selected, first }: ViewState, nodes: readonly NodeStatus[]): number {
  const place = nodes.findIndex(({ address, name }) =>
    selected.address === undefined ? name === first : address === selected.address,
  );
  return place === -1 ? Math.max(0, Math.min(nodes.length - 1, selected.place)) : place;
}
