/** Time in which a count is worth half. */
const HALF_LIFE_MS = 7 * 24 * 3600 * 1000;
/** Orders, finished or broken, until a miner is no longer a newcomer. */
const NEWCOMER_ORDERS = 10;
/** Below it a miner shares the newcomers' part of the work. */
const TRUSTED_FROM = 0.75;
/** One failed audit costs nothing, conviction everything: settled CUSUM, see protocol 5 and 9. */
const CUSUM_FREE = 6.3;
const CUSUM_RANGE = 12.1;

/** Decayed counts of a miner's orders, as they were at a time. */
export interface Tally {
  readonly finished: number;
  /** Broken after the miner's promise. */
  readonly broken: number;
  readonly atMs: number;
}

export type Standing = Pick<Tally, "finished" | "broken"> & {
  /** The settled evidence against its answers, in nats; undefined: none. */
  readonly cusum?: number | undefined;
};

export function emptyTally(atMs: number): Tally {
  return { finished: 0, broken: 0, atMs };
}

/** The counts at a later time: halved every seven days. A clock that steps back adds nothing. */
export function decayed(tally: Tally, atMs: number): Tally {
  if (atMs === tally.atMs) return tally;
  const kept = 0.5 ** (Math.max(0, atMs - tally.atMs) / HALF_LIFE_MS);
  return { finished: tally.finished * kept, broken: tally.broken * kept, atMs };
}

export function counted(tally: Tally, what: "finished" | "broken", atMs: number): Tally {
  const now = decayed(tally, atMs);
  return { ...now, [what]: now[what] + 1 };
}

/** 0 to below 1: `(S + 1) / (S + F + 2) x max(0, 1 - max(0, C - 6.3) / 12.1)`; a stranger has a half. */
export function reputation({ finished, broken, cusum = 0 }: Standing): number {
  const audits = Math.max(0, 1 - Math.max(0, cusum - CUSUM_FREE) / CUSUM_RANGE);
  return ((finished + 1) / (finished + broken + 2)) * audits;
}

export function isNewcomer({ finished, broken }: Standing): boolean {
  return finished + broken < NEWCOMER_ORDERS;
}

/** Neither a newcomer nor one that breaks what it promised: one of those that share all but the exploring orders. */
export function isTrusted(standing: Standing): boolean {
  return !isNewcomer(standing) && reputation(standing) >= TRUSTED_FROM;
}
