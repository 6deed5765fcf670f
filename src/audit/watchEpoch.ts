import type { Chain } from "../chain/interface.ts";
import type { Clock } from "../util/types.ts";

/** An idle practice chain makes no block when an epoch begins, so its clock is looked at, too. */
const LOOK_MS = 1000;

/** Calls back at each block and once a second; the returned function ends that. */
export function watchEpoch(
  { chain, clock }: { readonly chain: Pick<Chain, "onHead">; readonly clock: Clock },
  look: () => void,
): () => void {
  const stopListening = chain.onHead(look);
  let cancel = (): void => {};
  const tick = (): void => {
    cancel = clock.after(LOOK_MS, () => {
      look();
      tick();
    });
  };
  tick();
  return () => {
    stopListening();
    cancel();
  };
}
