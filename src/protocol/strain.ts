/** An order that takes this many times as long as expected tells something of its miner and not of its length. */
const OVERDUE = 1.5;

/** What a router has given a miner and not got back. */
export interface Running {
  readonly orders: number;
  /** Orders it gets at once. */
  readonly limit: number;
  /** Age of the one that is out for longest; undefined: none is. */
  readonly oldestMs?: number | undefined;
  /** What that one was expected to take. */
  readonly expectedMs?: number | undefined;
}

/** How much longer a token takes beside other orders: at the limit twice as long, since more would halve the limit. */
export function crowding({ orders, limit }: Pick<Running, "orders" | "limit">): number {
  return 1 + orders / Math.max(1, limit);
}

/**
 * What a further order costs there, as a multiple of one alone: as much as it is held up itself, and as much again as it
 * holds up the others. An order that is overdue shows that a miner has become slow before its end can be measured.
 */
export function strainOf({ oldestMs = 0, expectedMs = 0, orders, limit }: Running): number {
  const late = expectedMs > 0 ? oldestMs / expectedMs : 0;
  return (1 + (2 * orders) / Math.max(1, limit)) * (late > OVERDUE ? late : 1);
}
