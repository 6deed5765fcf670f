/** Part of a new value in an average that falls. */
const FALL = 0.3;
const PLAIN = 0.2;
/** Time in which an estimate that is not renewed loses half of its distance to what is usual. */
const FORGET_MS = 60_000;

/** A measured time and when it was last measured. */
export interface Estimate {
  readonly value: number;
  readonly atMs: number;
}

/** An average that follows a rise at once and a fall slowly, so that trouble is seen before it is averaged away. */
export function peak(average: number | undefined, value: number): number {
  if (average === undefined || value > average) return value;
  return average + (value - average) * FALL;
}

/** A plain moving average. */
export function blend(average: number | undefined, value: number): number {
  return average === undefined ? value : average + (value - average) * PLAIN;
}

/**
 * What to expect of a miner now: its estimate, which nears the usual as it ages. A miner that was slow once gets no
 * orders that could show it is quick again; without forgetting it would stay out for good.
 */
export function expected(estimate: Estimate | undefined, usual: number | undefined, nowMs: number): number | undefined {
  if (estimate === undefined || usual === undefined || estimate.value <= usual) return estimate?.value;
  return usual + (estimate.value - usual) * 0.5 ** (Math.max(0, nowMs - estimate.atMs) / FORGET_MS);
}
