import { SHARED_TEXT } from "../../src/replay/calibrate/questions.ts";
import type { Candidate, Engine } from "../../src/engine/interface.ts";
import { marginsOf } from "../../src/protocol/margin.ts";
import { summary } from "../../src/protocol/marginSummary.ts";
import { promptIds } from "../../src/protocol/promptIds.ts";
import { FINISH } from "../../src/protocol/records.ts";
import type { OpenOptions, TestModel } from "../support/models.ts";
import { type Asked, type Wrote, write } from "../support/writeReceipt.ts";
import type { Machines } from "./machines.ts";

/** What a miner claims for a task. */
export interface Claimed extends Wrote {
  /** As claimed; the true number if not given. */
  readonly promptTokens?: number;
  /** Ids that another miner gave before it was lost. */
  readonly before?: readonly number[];
}

export interface Writer {
  readonly name: string;
  readonly honest: boolean;
  /** So many honest tasks come first; none if not given. */
  readonly past?: number;
  /** `number`: of the task, from 0. */
  write(task: Asked, number: number): Promise<Claimed>;
}

const NEVER = new AbortController().signal;
const FIRST = 8;
const PADDING = 12;
/** An honest past, then a share of the tasks. */
export const HONEST_PAST = 40;
const CHEATED_ONE_OF = 5;

/** Honest miners: whatever machine they have. */
export function honestWriters(machines: Machines): Writer[] {
  const honest = (name: string, options: OpenOptions = {}): Writer => ({
    name,
    honest: true,
    write: async (task) => write(await machines.get("reference", options), task),
  });
  return [
    honest("honest, as the verifier"),
    honest("honest, no flash attention", { flashAttention: false }),
    { ...honest("honest, four at once"), write: (task) => fourAtOnce(task, machines) },
    { ...honest("honest, resumed after another"), write: (task) => resumed(task, machines) },
  ];
}

async function fourAtOnce(task: Asked, machines: Machines): Promise<Claimed> {
  const engine = await machines.get("reference", { slots: 4, flashAttention: false });
  const others = [1n, 2n, 3n].map((more) => write(engine, { ...task, seed: task.seed ^ more }));
  const own = await write(engine, task);
  await Promise.all(others);
  return own;
}

async function resumed(task: Asked, machines: Machines): Promise<Claimed> {
  const first = await write(await machines.get("reference"), task);
  if (first.ids.length <= FIRST) return first;
  const before = first.ids.slice(0, FIRST);
  return { before, ...(await write(await machines.get("reference", { flashAttention: false }), task, before)) };
}

/** Miners that save work, or claim more than they did. */
export function cheatingWriters(machines: Machines): Writer[] {
  const reference = () => machines.get("reference");
  const cheat = (name: string, claim: Writer["write"]): Writer => ({ name, honest: false, write: claim });
  const served = (name: string, model: TestModel): Writer =>
    cheat(name, async (task) => write(await machines.get(model), task));
  const smaller = served("a smaller model", "smaller");
  return [
    served("next lower quantization, q5_0", "q5_0"),
    served("4 bits, q4_0", "q4_0"),
    smaller,
    cheat("another system prompt", async (task) => write(await reference(), withSystem(task))),
    cheat("temperature times 0.8", async (task) => write(await reference(), cooler(task))),
    cheat("truncated context", async (task) => write(await reference(), withoutSystem(task))),
    cheat("pads after the end", async (task) => padded(task, await write(await reference(), task))),
    cheat("stops early, claims to have stopped", async (task) => cutShort(await write(await reference(), task))),
    cheat("stops early, writes an end", async (task) => {
      const engine = await reference();
      return ended(await write(engine, task), engine.tokenize(engine.model.eosText, true));
    }),
    cheat("stops early, claims the token limit", async (task) => {
      const { ids } = cutShort(await write(await reference(), task));
      return { ids, finish: FINISH.length };
    }),
    cheat("replays an old answer", async (task) => write(await reference(), { ...task, seed: 1n })),
    // It can show the real log-probabilities of its ids; the ids do not follow the seed.
    cheat("writes with 4 bits, scores with the real one", (task) => scored(task, machines)),
    cheat("counts more prompt tokens", async (task) => ({
      ...(await write(await reference(), task)),
      promptTokens: 250,
    })),
    {
      ...cheat(`after ${HONEST_PAST} honest, 1 of ${CHEATED_ONE_OF} by a smaller model`, async (task, number) => {
        const cheats = number >= HONEST_PAST && number % CHEATED_ONE_OF === 0;
        return cheats ? smaller.write(task, number) : write(await reference(), task);
      }),
      past: HONEST_PAST,
    },
  ];
}

function withSystem(task: Asked): Asked {
  if (task.input.kind === "text") return task;
  const system = { role: "system", content: "Answer in one short sentence." };
  return { ...task, input: { kind: "messages", messages: [system, ...task.input.messages] } };
}

function withoutSystem(task: Asked): Asked {
  if (task.input.kind === "text") return task;
  const messages = task.input.messages.filter(({ content }) => content !== SHARED_TEXT);
  return { ...task, input: { kind: "messages", messages } };
}

function cooler(task: Asked): Asked {
  return { ...task, params: { ...task.params, temperature: task.params.temperature * 0.8 } };
}

function padded(task: Asked, { ids, finish }: Wrote): Wrote {
  if (finish !== FINISH.stop) return { ids, finish };
  return { ids: [...ids, ...ids.slice(0, PADDING)].slice(0, task.params.maxTokens), finish: FINISH.length };
}

function cutShort({ ids }: Wrote): Wrote {
  return { ids: ids.slice(0, Math.max(1, Math.floor(ids.length / 2))), finish: FINISH.stop };
}

function ended(wrote: Wrote, end: readonly number[]): Wrote {
  return { ids: [...cutShort(wrote).ids, ...end], finish: FINISH.stop };
}

/** Three answers of a coarser model, of which the real one says which passes best: it must read them, and need not write. */
async function scored(task: Asked, machines: Machines): Promise<Wrote> {
  const cheap = await machines.get("q4_0");
  const real = await machines.get("reference");
  const tried = [];
  for (const factor of [1, 0.95, 1.05]) {
    const params = { ...task.params, temperature: task.params.temperature * factor };
    const wrote = await write(cheap, { ...task, params });
    tried.push({ wrote, nats: await meanMarginNats(task, wrote.ids, real) });
  }
  return tried.reduce((best, each) => (each.nats < best.nats ? each : best)).wrote;
}

async function meanMarginNats({ input, params, seed }: Asked, ids: readonly number[], engine: Engine): Promise<number> {
  const positions: (readonly Candidate[])[] = [];
  const prompt = promptIds({ input, epochStart: 0 }, engine);
  for await (const each of engine.replay({ ids: prompt, forced: ids }, NEVER)) positions.push(each);
  return summary(marginsOf({ positions, ids }, { ...params, seed })).meanMarginNats;
}
