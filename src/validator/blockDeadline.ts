import type { Chain } from "../chain/interface.ts";
import type { Clock } from "../util/types.ts";

/** Until a block time. */
export interface BlockDeadline {
  readonly signal: AbortSignal;
  release(): void;
}

/**
 * Aborts when a block says that it is that time; and, where a chain stands still between its phases, when the clock says so,
 * counted from the newest block.
 */
export function blockDeadline(
  /** Block time in seconds. */
  timestamp: number,
  { chain, clock }: { readonly chain: Pick<Chain, "head" | "onHead">; readonly clock: Clock },
): BlockDeadline {
  const late = new AbortController();
  const end = (): void => late.abort(new DOMException("the time is over", "TimeoutError"));
  const look = (): void => {
    if (chain.head().timestamp >= timestamp) end();
  };
  const stopListening = chain.onHead(look);
  const cancel = clock.after(Math.max(0, timestamp - chain.head().timestamp) * 1000, end);
  look();
  return {
    signal: late.signal,
    release() {
      stopListening();
      cancel();
    },
  };
}
