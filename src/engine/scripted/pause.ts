import type { Clock } from "../../util/types.ts";

/** Waits for a time, infinite for ever; rejects with the signal's reason when that comes first. */
export async function pause(delayMs: number, signal: AbortSignal, clock: Clock): Promise<void> {
  signal.throwIfAborted();
  if (delayMs <= 0) return;
  await new Promise<void>((resolve, reject) => {
    const cancel = Number.isFinite(delayMs) ? clock.after(delayMs, done) : undefined;
    function done(): void {
      signal.removeEventListener("abort", leave);
      resolve();
    }
    function leave(): void {
      cancel?.();
      reject(signal.reason);
    }
    signal.addEventListener("abort", leave, { once: true });
  });
}
