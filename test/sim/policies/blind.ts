import type { Policy, PolicyDeps } from "./policy.ts";

const ATTEMPTS = 16;

function untried(draw: () => number, tried: ReadonlySet<number>): number {
  let miner = draw();
  for (let attempt = 0; attempt < ATTEMPTS && tried.has(miner); attempt += 1) miner = draw();
  return miner;
}

/** Any miner. */
export function randomPolicy({ miners, random }: PolicyDeps): Policy {
  const draw = (): number => Math.floor(random() * miners.length);
  return { choose: (_, tried) => untried(draw, tried), ended: () => {} };
}

/** One after the other. */
export function roundRobin({ miners, random }: PolicyDeps): Policy {
  let next = Math.floor(random() * miners.length);
  const draw = (): number => (next = (next + 1) % miners.length);
  return { choose: (_, tried) => untried(draw, tried), ended: () => {} };
}

/** In proportion to stake. */
export function stakeWeighted({ miners, random }: PolicyDeps): Policy {
  let sum = 0;
  const upTo = miners.map(({ stake }) => (sum += stake));
  const draw = (): number => {
    const point = random() * sum;
    let [low, high] = [0, upTo.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) > point) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return { choose: (_, tried) => untried(draw, tried), ended: () => {} };
}
