import { SlotBag } from "../../../src/protocol/slotBag.ts";
import type { Policy, PolicyDeps } from "./policy.ts";

/** One of those with the fewest orders of this router, whatever they can take. */
export function leastOutstanding({ miners, random }: PolicyDeps): Policy {
  /** Miners by their number of orders. */
  const levels: SlotBag<number>[] = [];
  const outstanding = miners.map(() => 0);
  const level = (count: number): SlotBag<number> => (levels[count] ??= new SlotBag());
  for (const { index } of miners) level(0).add(index);
  const move = (miner: number, by: number): void => {
    const count = outstanding[miner] ?? 0;
    level(count).take(miner);
    level(count + by).add(miner);
    outstanding[miner] = count + by;
  };
  return {
    choose: (_, tried) => {
      const least = levels.find((bag) => bag.size > 0) ?? level(0);
      let miner = least.at(Math.floor(random() * least.size)) ?? 0;
      for (let attempt = 0; attempt < 16 && tried.has(miner); attempt += 1)
        miner = least.at(Math.floor(random() * least.size)) ?? 0;
      move(miner, 1);
      return miner;
    },
    ended: (_, miner) => move(miner, -1),
  };
}
