import type { Recover } from "../keys/interface.ts";
import { type Commitment, commitMessage } from "../protocol/commitment.ts";
import { digest, messageHash } from "../protocol/eip712.ts";
import type { Domain } from "../protocol/records.ts";
import type { OpenFrame } from "./attempt.ts";

/**
 * Why a miner that has signed for its answer keeps it to itself: its own commitment is not among those of the opening, nobody
 * else's is, or one is not signed by the miner it names. Undefined when the others can change theirs no more.
 */
export function wrongOpening(
  { commitments, late }: OpenFrame,
  own: Commitment,
  { domain, recover }: { readonly domain: Domain; readonly recover: Recover },
): string | undefined {
  const mine = commitments.find(({ miner }) => miner === own.miner);
  if (mine?.commitment !== own.commitment || mine.order !== own.order)
    return "the opening does not show this miner's own commitment";
  const miners = [...commitments.map(({ miner }) => miner), ...late];
  if (new Set(miners).size !== miners.length) return "the opening names a miner twice";
  const unsigned = commitments.find(
    ({ miner, signature, ...signed }) =>
      recover(digest(domain, messageHash(commitMessage(signed))), signature) !== miner,
  );
  return unsigned === undefined ? undefined : `the opening's commitment of ${unsigned.miner} is not signed by it`;
}
