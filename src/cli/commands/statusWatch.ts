import type { StatusSnapshot } from "../../observability/snapshot.ts";
import { sleep } from "../../util/async.ts";
import type { Clock } from "../../util/types.ts";

export interface Watch {
  /** The first snapshot, and the way to the next ones. */
  readonly first: StatusSnapshot;
  read(): Promise<StatusSnapshot>;
  /** Called with each snapshot after the first. */
  next(before: StatusSnapshot, after: StatusSnapshot): void;
}

const INTERVAL_MS = 1000;

/** Reads once a second until the signal aborts, which is no error. */
export async function statusWatch(
  watch: Watch,
  { signal, clock }: { signal: AbortSignal; clock: Clock },
): Promise<void> {
  // The clock's timers keep no process alive, and while it waits this one has nothing else.
  const hold = setInterval(() => {}, 2 ** 30);
  try {
    let before = watch.first;
    while (!signal.aborted) {
      await sleep(INTERVAL_MS, signal, clock);
      const after = await watch.read();
      watch.next(before, after);
      before = after;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(hold);
  }
}
