import type { TaskInput } from "../../src/protocol/records.ts";
import { MinerPool, type PooledMiner } from "../../src/router/minerPool.ts";
import { minerAddress, minerLine } from "../support/minerLine.ts";
import { seeded } from "../support/seeded.ts";

const DECISIONS = 20_000;
/** Orders out at any time: one for every second miner, in so far as there are decisions. */
const OUT = 0.5;
const MOST_OUT = 5000;
const TRUSTED_ORDERS = 10;

export interface DecisionCost {
  /** Of processor time. */
  readonly microseconds: number;
  /** Random numbers drawn: a count that does not depend on the machine. */
  readonly draws: number;
}

/** What one choice and its release cost a router that has so many miners. */
export function costPerDecision(miners: number): DecisionCost {
  const random = seeded(1);
  let draws = 0;
  const pool = new MinerPool({
    clock: { now: () => 0, after: () => () => {} },
    random: () => {
      draws += 1;
      return random();
    },
  });
  for (let n = 0; n < miners; n += 1) pool.add(minerLine({ address: minerAddress(n) }), "0x00");
  const input: TaskInput = { kind: "text", text: "why is the sky blue? ".repeat(40) };
  const wanted = { model: "tiny", input, maxTokens: 100, avoid: new Set<`0x${string}`>() };
  const outcome = { ttftMs: 100, durationMs: 2000, promptTokens: 200, outputTokens: 100 };
  // All are trusted, as after some days of service.
  for (let n = 0; n < miners; n += 1)
    for (let order = 0; order < TRUSTED_ORDERS; order += 1) {
      const { miner } = pool.choose({ ...wanted, prefer: minerAddress(n) });
      if (miner !== undefined) pool.release(miner, outcome);
    }
  draws = 0;
  const held = Math.min(MOST_OUT, OUT * miners);
  const out: PooledMiner[] = [];
  const began = process.cpuUsage();
  for (let decision = 0; decision < DECISIONS; decision += 1) {
    const { miner } = pool.choose(wanted);
    if (miner !== undefined) out.push(miner);
    const oldest = out[decision - held];
    if (oldest !== undefined) pool.release(oldest, outcome);
  }
  return { microseconds: process.cpuUsage(began).user / DECISIONS, draws: draws / DECISIONS };
}
