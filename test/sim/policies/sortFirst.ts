import { blend } from "../../../src/protocol/averages.ts";
import { UNMEASURED } from "../../../src/protocol/cost.ts";
import { Measured } from "../../../src/router/measured.ts";
import { ordinary, type Policy, type PolicyDeps, WARM_ORDERS } from "./policy.ts";

/** Beside any real cost, so that a miner that had the task before is taken only when there is no other. */
const TRIED_MS = 1e9;

/** The cheapest by the router's own measurements of all that have a free slot: looks at everybody, every time. */
export function sortFirst({ miners, clock }: PolicyDeps, warm: number): Policy {
  const known = miners.map(({ slots }) => new Measured(slots, 0));
  // Flat arrays, since all of them are read for every order.
  const prefillMs = new Float64Array(miners.length).fill(UNMEASURED.prefillMsPerToken);
  const decodeMs = new Float64Array(miners.length).fill(UNMEASURED.decodeMsPerToken);
  const free = new Int32Array(miners.length).fill(1);
  const busy = new Int32Array(miners.length);
  const answerTokens = new Map<number, number>();
  const note = (miner: number, one: Measured): void => {
    prefillMs[miner] = one.prefillMsPerToken?.value ?? UNMEASURED.prefillMsPerToken;
    decodeMs[miner] = one.decodeMsPerToken?.value ?? UNMEASURED.decodeMsPerToken;
    free[miner] = one.limit - (busy[miner] ?? 0);
  };
  known.forEach((one, n) => {
    const spec = miners[n];
    const orders = spec !== undefined && n < warm * miners.length ? WARM_ORDERS : 0;
    const times = spec && ordinary(spec);
    for (let order = 0; order < orders; order += 1) if (times !== undefined) one.done(times, 0);
    note(n, one);
  });
  const occupy = (miner: number, by: number): void => {
    busy[miner] = (busy[miner] ?? 0) + by;
    const one = known[miner];
    if (one !== undefined) note(miner, one);
  };
  return {
    choose: ({ promptTokens, account, maxTokens }, tried) => {
      const tokens = Math.min(maxTokens, answerTokens.get(account) ?? maxTokens);
      let [best, least] = [-1, Number.POSITIVE_INFINITY];
      for (let n = 0; n < free.length; n += 1) {
        if ((free[n] ?? 0) <= 0) continue;
        const cost = promptTokens * (prefillMs[n] ?? 0) + tokens * (decodeMs[n] ?? 0);
        if (cost < least && !tried.has(n)) [best, least] = [n, cost];
        else if (best < 0 && cost + TRIED_MS < least) [best, least] = [n, cost + TRIED_MS];
      }
      if (best < 0) return undefined;
      occupy(best, 1);
      return best;
    },
    ended: ({ account, promptTokens, outputTokens }, miner, end) => {
      if (end.broken) known[miner]?.broke(clock.now());
      else {
        answerTokens.set(account, blend(answerTokens.get(account), outputTokens));
        known[miner]?.done({ ...end, promptTokens, outputTokens }, clock.now());
      }
      occupy(miner, -1);
    },
  };
}
