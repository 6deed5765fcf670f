import type { StatusSnapshot } from "../../observability/snapshot.ts";

/** Everything that a picture is made of. */
export interface View {
  readonly snapshot: StatusSnapshot;
  readonly columns: number;
  readonly rows: number;
  /** Milliseconds since 1970, of the picture. */
  readonly now: number;
  /** Of the newest answer, and how often one is asked for. */
  readonly updatedAt: number;
  readonly intervalMs: number;
  /** Address of the selected node. */
  readonly selected: string | undefined;
  /** The picture stands still. */
  readonly frozen: boolean;
  /** A question that the last row asks instead of naming keys. */
  readonly question: Question | undefined;
}

export interface Question {
  readonly text: string;
  readonly answers: readonly { readonly key: string; readonly word: string }[];
}

/** Too old to be taken for what is: no answer came for three intervals. */
export function isStale({ now, updatedAt, intervalMs }: View): boolean {
  return now - updatedAt > 3 * Math.max(1000, intervalMs);
}
