import { seeded } from "../support/seeded.ts";
import { BATCHING_COST, type Scenario, type SimMinerSpec, type SimTask } from "./world.ts";

const ACCOUNTS = 40;
const MAX_TOKENS = 512;

interface Plan {
  readonly name: string;
  readonly miners: number;
  /** Of one run, in milliseconds. */
  readonly lastsMs: number;
  /** Part of what all miners could do together. */
  readonly load: number;
  readonly routers?: number;
  /** Part of the miners that served before. */
  readonly warm?: number;
  /** Slowest speed by fastest. */
  readonly spread?: number;
  /** Turns of a conversation; each adds to the prompt. */
  readonly turns?: number;
  spec?(n: number, random: () => number): Partial<SimMinerSpec>;
  /** Load at a time of the run, 0 to 1, as a multiple of the usual. */
  wave?(at: number): number;
}

/** A scenario from its plan: the same for the same seed. */
function scenarioOf(plan: Plan, seed: number): Scenario {
  const random = seeded(seed);
  const miners = Array.from({ length: plan.miners }, (_, n) => minerOf(n, plan, random));
  return {
    name: plan.name,
    miners,
    tasks: tasksOf(plan, miners, random),
    routers: plan.routers ?? 2,
    warm: plan.warm ?? 1,
  };
}

function minerOf(index: number, { spread = 2, spec }: Plan, random: () => number): SimMinerSpec {
  const speed = spread ** random();
  return {
    index,
    prefillMsPerToken: 1 * speed,
    decodeMsPerToken: 20 * speed,
    slots: 4,
    rttMs: 10 + 40 * random(),
    // Some stake far more than others; it says nothing of speed.
    stake: 1 / (0.05 + random()),
    breaks: 0,
    ...spec?.(index, random),
  };
}

function tasksOf(plan: Plan, miners: readonly SimMinerSpec[], random: () => number): SimTask[] {
  const { lastsMs, load, turns = 1, wave } = plan;
  const answerMs = 250 * 1.4 + 190 * 28;
  const meanMs = answerMs * (1 + BATCHING_COST);
  const slots = miners.reduce((sum, { slots, decodeMsPerToken }) => sum + (slots * 28) / decodeMsPerToken, 0);
  const gapMs = meanMs / (slots * load);
  const tasks: Omit<SimTask, "index">[] = [];
  for (let [atMs, conversation] = [0, 0]; atMs < lastsMs; conversation += 1) {
    atMs += (-Math.log(1 - random()) * gapMs * turns) / (wave?.(atMs / lastsMs) ?? 1);
    tasks.push(...conversationOf({ conversation, atMs, turns }, random));
  }
  return tasks
    .filter((task) => task.atMs <= lastsMs)
    .toSorted((a, b) => a.atMs - b.atMs)
    .map((task, index) => ({ ...task, index }));
}

interface Conversation {
  readonly conversation: number;
  readonly atMs: number;
  readonly turns: number;
}

function conversationOf({ conversation, atMs, turns }: Conversation, random: () => number): Omit<SimTask, "index">[] {
  const account = Math.floor(random() * ACCOUNTS);
  let promptTokens = turns > 1 ? 1500 : 0;
  return Array.from({ length: turns }, (_, turn) => {
    promptTokens += 20 + Math.floor(460 * random());
    // Each account has its own usual length.
    const usual = 40 + (300 * ((account * 7) % ACCOUNTS)) / ACCOUNTS;
    const outputTokens = Math.min(MAX_TOKENS, Math.max(2, Math.round(usual * (0.5 + random()))));
    const task = {
      atMs: atMs + turn * 40_000,
      account,
      conversation,
      promptTokens,
      outputTokens,
      maxTokens: MAX_TOKENS,
    };
    promptTokens += outputTokens;
    return task;
  });
}

/** The scenario of the promise: slow miners are noticed. */
export const SLOWED = "1 in 10 ten times slower";

const MINUTE = 60_000;
const tenfold = (lastsMs: number) => (n: number) =>
  n % 10 === 0 ? { slowDown: { fromMs: lastsMs / 3, toMs: lastsMs * 10, factor: 10 } } : {};

const PLANS: readonly Plan[] = [
  { name: "10 miners", miners: 10, lastsMs: 20 * MINUTE, load: 0.6 },
  { name: "10 new miners", miners: 10, lastsMs: 20 * MINUTE, load: 0.6, warm: 0 },
  { name: SLOWED, miners: 100, lastsMs: 10 * MINUTE, load: 0.3, routers: 4, spec: tenfold(10 * MINUTE) },
  { name: `${SLOWED}, busy`, miners: 60, lastsMs: 8 * MINUTE, load: 0.5, routers: 8, spec: tenfold(8 * MINUTE) },
  { name: "speeds differ eightfold", miners: 100, lastsMs: 8 * MINUTE, load: 0.6, spread: 8 },
  {
    name: "1 in 10 breaks a third, 1 in 10 falls silent",
    miners: 100,
    lastsMs: 6 * MINUTE,
    load: 0.5,
    spec: (n) => ({
      ...(n % 10 === 1 && { breaks: 0.33 }),
      ...(n % 10 === 2 && { silent: { fromMs: 2 * MINUTE, toMs: 4 * MINUTE } }),
    }),
  },
  {
    name: "overload for a third",
    miners: 50,
    lastsMs: 6 * MINUTE,
    load: 0.6,
    wave: (at) => (at > 0.33 && at < 0.66 ? 2 : 1),
  },
  { name: "conversations", miners: 10, lastsMs: 20 * MINUTE, load: 0.3, turns: 6 },
  { name: "1,000 miners", miners: 1000, lastsMs: 0.5 * MINUTE, load: 0.5, routers: 4 },
  { name: "10,000 miners", miners: 10_000, lastsMs: MINUTE, load: 0.01, routers: 1 },
  { name: "100,000 miners, 1 in 10 known", miners: 100_000, lastsMs: MINUTE, load: 0.0005, routers: 1, warm: 0.1 },
];

/** The published scenarios by name. */
export function scenarios(seed = 1): ReadonlyMap<string, () => Scenario> {
  return new Map(PLANS.map((plan) => [plan.name, () => scenarioOf(plan, seed)]));
}

export function scenarioNamed(name: string, seed = 1): Scenario {
  const found = scenarios(seed).get(name);
  if (found === undefined) throw new Error(`no scenario is called ${name}`);
  return found();
}
