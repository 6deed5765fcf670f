import type { StatusSnapshot } from "../observability/snapshot.ts";
import type { Clock } from "../util/types.ts";

/** What `q` asks where leaving the dashboard could stop something. Esc stays. */
export interface QuitChoices {
  /** Such as `Stop the practice network?`. */
  readonly question: string;
  readonly choices: readonly {
    /** One letter. */
    readonly key: string;
    readonly word: string;
    /** Notes what was chosen; the dashboard closes right after. */
    choose(): void;
  }[];
}

export interface DashboardOptions {
  readonly read: () => Promise<StatusSnapshot>;
  /** Between two readings, at least 100. */
  readonly intervalMs: number;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Closes the dashboard and gives the terminal back. */
  readonly signal: AbortSignal;
  readonly ascii: boolean;
  readonly color: boolean;
  /** Asked on `q`; without them `q` leaves at once. */
  readonly quitChoices?: QuitChoices;
  /** Name of the node that is selected first. */
  readonly node?: string | undefined;
  readonly clock?: Clock;
}
