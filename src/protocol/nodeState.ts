export const STATE_BYTES = 8;
/** Liveness of a node that always answered. */
export const FULL_LIVENESS = 0xff_ffff;
/** Ages above are all the same. */
export const OLD = 255;
/** 1/1024 nat: conviction at 18.4. */
export const CONVICTED = 18_842;
/** ln(0.05 / 1e-4) and ln(0.95 / (1 - 1e-4)). */
const FAIL = 6364;
const PASS = -52;
const MAX_CUSUM = 0xffff;
const LIVENESS_SECONDS = 7 * 86_400;
const DAY_SECONDS = 86_400;
/** A streak of this many checks changes a class. */
const PROMOTES = 3;
const DEMOTES = 2;
const TOP_CLASS = 10;

/** What is known of a node when an epoch is settled. */
export interface NodeState {
  /** Share of answered checks over the last 7 days, or since it registered: 0 to 2^24 - 1. */
  readonly liveness: number;
  /** 0 to 10. */
  readonly class: number;
  /** Checks in a row above the class, or as a negative number below it. */
  readonly run: number;
  /** Days. */
  readonly streak: number;
  /** In 1/1024 nat. */
  readonly cusum: number;
  /** Epochs since the class was last confirmed, at most 255. */
  readonly confirmedAge: number;
}

export const NEW_NODE: NodeState = { liveness: 0, class: 0, run: 0, streak: 0, cusum: 0, confirmedAge: OLD };

/** Medians of what validators saw; undefined where too few looked. */
export interface Seen {
  readonly answered: boolean | undefined;
  readonly halfClass: number | undefined;
  readonly fails: number | undefined;
  readonly passes: number | undefined;
}

export interface EpochTimes {
  readonly epoch: number;
  readonly epochSeconds: number;
  /** Block time in seconds at which epoch 0 began. */
  readonly genesis: number;
}

/** A node's state one epoch later. `since`: its first epoch. */
export function nextNodeState(
  before: NodeState,
  seen: Seen,
  times: EpochTimes & { readonly since: number },
): NodeState {
  const liveness = nextLiveness(before.liveness, seen.answered, times);
  return {
    liveness,
    ...nextClass(before, seen.halfClass),
    streak: endsDay(times) ? nextStreak(before.streak, liveness) : before.streak,
    cusum: nextCusum(before.cusum, seen),
  };
}

function nextLiveness(
  before: number,
  answered: boolean | undefined,
  { epoch, epochSeconds, since }: EpochTimes & { since: number },
): number {
  if (answered === undefined) return before;
  const window = Math.max(1, Math.min(Math.ceil(LIVENESS_SECONDS / epochSeconds), epoch - since + 1));
  return before + Math.trunc(((answered ? FULL_LIVENESS : 0) - before) / window);
}

/** Three checks in a row at a higher class promote by one; two in a row more than half a class below demote by one. */
function nextClass(
  { class: before, run, confirmedAge }: NodeState,
  halfClass: number | undefined,
): Pick<NodeState, "class" | "run" | "confirmedAge"> {
  const older = Math.min(OLD, confirmedAge + 1);
  if (halfClass === undefined) return { class: before, run, confirmedAge: older };
  if (halfClass < 2 * before - 1) {
    const below = Math.min(run, 0) - 1;
    if (below > -DEMOTES) return { class: before, run: below, confirmedAge: older };
    return { class: before - 1, run: 0, confirmedAge: older };
  }
  if (halfClass < 2 * before + 2) return { class: before, run: 0, confirmedAge: 0 };
  const above = Math.max(run, 0) + 1;
  if (above < PROMOTES) return { class: before, run: above, confirmedAge: 0 };
  return { class: Math.min(TOP_CLASS, before + 1), run: 0, confirmedAge: 0 };
}

function nextCusum(before: number, { fails = 0, passes = 0 }: Seen): number {
  const worse = Math.min(MAX_CUSUM, before + fails * FAIL);
  return Math.max(0, worse + passes * PASS);
}

/** Whether a UTC day of block time ends in the epoch. */
function endsDay({ epoch, epochSeconds, genesis }: EpochTimes): boolean {
  const begin = genesis + epoch * epochSeconds;
  return Math.floor((begin + epochSeconds) / DAY_SECONDS) > Math.floor(begin / DAY_SECONDS);
}

function nextStreak(before: number, liveness: number): number {
  return isLive(liveness, 95) ? Math.min(255, before + 1) : Math.max(0, before - 14);
}

/** Whether a node answered at least this share of its checks, in hundredths. */
export function isLive(liveness: number, percent: number): boolean {
  return liveness * 100 >= percent * FULL_LIVENESS;
}

/** Eight bytes: liveness, class and run, streak, CUSUM, and what the age lacks to 255, so that a new node is all zeros. */
export function writeNodeState(bytes: Uint8Array, index: number, state: NodeState): void {
  const at = index * STATE_BYTES;
  bytes[at] = state.liveness >> 16;
  bytes[at + 1] = (state.liveness >> 8) & 255;
  bytes[at + 2] = state.liveness & 255;
  bytes[at + 3] = (state.class << 4) | (state.run & 15);
  bytes[at + 4] = state.streak;
  bytes[at + 5] = state.cusum >> 8;
  bytes[at + 6] = state.cusum & 255;
  bytes[at + 7] = OLD - state.confirmedAge;
}

/** Of a place that was free, or not there yet: `NEW_NODE`. */
export function readNodeState(bytes: Uint8Array, index: number): NodeState {
  const from = index * STATE_BYTES;
  const words = bytes.subarray(from, from + STATE_BYTES);
  const [high = 0, middle = 0, low = 0, classAndRun = 0, streak = 0, upper = 0, lower = 0, youth = 0] = words;
  const run = classAndRun & 15;
  return {
    liveness: (high << 16) | (middle << 8) | low,
    class: classAndRun >> 4,
    run: run > 7 ? run - 16 : run,
    streak,
    cusum: (upper << 8) | lower,
    confirmedAge: OLD - youth,
  };
}
