import type { TaskInput } from "../../../src/protocol/records.ts";
import { MinerPool, type PooledMiner } from "../../../src/router/minerPool.ts";
import type { Hex } from "../../../src/util/types.ts";
import { minerAddress, minerLine } from "../../support/minerLine.ts";
import type { SimTask } from "../world.ts";
import { ordinary, type Policy, type PolicyDeps, WARM_ORDERS } from "./policy.ts";

const CONTEXT_TOKENS = 16_384;
const BYTES_PER_TOKEN = 4;

/** The router's pool. */
export function ours({ miners, clock, random }: PolicyDeps, warm: number): Policy {
  const pool = new MinerPool({ clock, random });
  for (const { index, slots } of miners)
    pool.add(minerLine({ address: minerAddress(index), model: { slots, contextTokens: CONTEXT_TOKENS } }), "0x00");
  const wanted = { model: "tiny", maxTokens: 0, avoid: new Set<Hex>() };
  const running = new Map<string, PooledMiner>();
  warmUp(pool, miners.slice(0, warm * miners.length));
  return {
    choose: (task, tried) => {
      const { miner } = pool.choose({
        ...wanted,
        input: inputOf(task),
        maxTokens: task.maxTokens,
        avoid: new Set([...tried].map(minerAddress)),
        account: accountOf(task),
      });
      if (miner === undefined) return undefined;
      const index = Number(miner.address);
      running.set(`${task.index} ${index}`, miner);
      return index;
    },
    ended: (task, index, end) => {
      const key = `${task.index} ${index}`;
      const miner = running.get(key);
      running.delete(key);
      if (miner === undefined) return;
      const { promptTokens, outputTokens } = task;
      if (end.broken) pool.release(miner, end);
      else pool.release(miner, { ...end, promptTokens, outputTokens, account: accountOf(task), input: inputOf(task) });
    },
  };
}

function warmUp(pool: MinerPool, miners: PolicyDeps["miners"]): void {
  const input: TaskInput = { kind: "text", text: "" };
  for (const spec of miners) {
    const named = { model: "tiny", input, maxTokens: 100, avoid: new Set<Hex>(), prefer: minerAddress(spec.index) };
    const outcome = ordinary(spec);
    for (let order = 0; order < WARM_ORDERS; order += 1) {
      const { miner } = pool.choose(named);
      if (miner !== undefined) pool.release(miner, outcome);
    }
  }
}

const inputs = new WeakMap<SimTask, TaskInput>();

function inputOf(task: SimTask): TaskInput {
  const known = inputs.get(task);
  if (known !== undefined) return known;
  const text = `${task.conversation} `.repeat(task.promptTokens).slice(0, task.promptTokens * BYTES_PER_TOKEN);
  const made: TaskInput = { kind: "text", text: text.padEnd(task.promptTokens * BYTES_PER_TOKEN, ".") };
  inputs.set(task, made);
  return made;
}

function accountOf({ account }: SimTask): Hex {
  return `0x${account.toString(16)}`;
}
