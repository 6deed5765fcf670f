import type { NodeFacts, PeerFacts } from "../../observability/snapshot.ts";
import type { Address } from "../../util/types.ts";

/** Orders done with a router, finished or broken, until a node is no newcomer there. */
export const NEWCOMER_ORDERS = 10;

/** What the routers of this home think of one miner. */
export interface Standing {
  readonly reputation: Readonly<Record<Address, number>>;
  /** Orders done, of those routers that it is new to. */
  readonly newcomer: Readonly<Record<Address, number>>;
  /** New to every router that is known to know it. */
  readonly isNewcomer: boolean;
}

/** Only a router knows this, so of a router elsewhere nothing is known here. */
export function standingOf(miner: Address, routers: readonly NodeFacts[]): Standing {
  const seen = routers.flatMap((router) =>
    router.peers.filter((peer) => peer.address === miner).map((peer) => [router.address, peer] as const),
  );
  const fresh = seen.filter(([, peer]) => done(peer) < NEWCOMER_ORDERS);
  return {
    reputation: Object.fromEntries(
      seen.flatMap(([router, { reputation }]) => (reputation === null ? [] : [[router, reputation]])),
    ),
    newcomer: Object.fromEntries(fresh.map(([router, peer]) => [router, done(peer)])),
    isNewcomer: seen.length > 0 && fresh.length === seen.length,
  };
}

function done({ finished, broken }: PeerFacts): number {
  return finished + broken;
}
