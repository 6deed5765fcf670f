import type { Clock } from "../../../src/util/types.ts";
import type { SimEnd } from "../simMiner.ts";
import type { SimMinerSpec, SimTask } from "../world.ts";

/** How one router chooses miners, by their index. */
export interface Policy {
  /** Undefined: none now, the task waits at the router. */
  choose(task: SimTask, tried: ReadonlySet<number>): number | undefined;
  ended(task: SimTask, miner: number, end: SimEnd): void;
}

export interface PolicyDeps {
  readonly miners: readonly SimMinerSpec[];
  readonly clock: Clock;
  readonly random: () => number;
}

/** Orders a warm router has had of each miner. */
export const WARM_ORDERS = 10;

/** The times of an ordinary order at a miner alone, for warming up. */
export function ordinary({ prefillMsPerToken, decodeMsPerToken, rttMs }: SimMinerSpec) {
  const ttftMs = rttMs + 200 * prefillMsPerToken;
  return { ttftMs, durationMs: ttftMs + 100 * decodeMsPerToken, promptTokens: 200, outputTokens: 101 };
}
