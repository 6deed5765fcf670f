/** What is known of one miner that could take the next order. */
export interface BusyMiner {
  /** Orders it gets at once. */
  readonly slots: number;
  /** Its usual time for one answer, as measured; undefined: not measured. */
  readonly durationMs: number | undefined;
  /** Until its circuit closes; 0 if it is closed. */
  readonly restMs: number;
}

/** An answer's time where none was measured. */
const UNMEASURED_MS = 2000;

/**
 * How long the next in line waits for a slot, in milliseconds: slots become free at the sum of `slots / duration`, the
 * first one after half an interval on average. If all rest, until the first is back.
 */
export function queueWaitMs(miners: Iterable<BusyMiner>, waiting: number): number {
  let freedPerMs = 0;
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const { slots, durationMs, restMs } of miners) {
    if (restMs > 0) soonestMs = Math.min(soonestMs, restMs);
    else freedPerMs += slots / Math.max(1, durationMs ?? UNMEASURED_MS);
  }
  return Math.min(soonestMs, freedPerMs === 0 ? Number.POSITIVE_INFINITY : (waiting + 0.5) / freedPerMs);
}
