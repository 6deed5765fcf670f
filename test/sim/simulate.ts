import { seeded } from "../support/seeded.ts";
import { EventQueue } from "./eventQueue.ts";
import { POLICIES, type PolicyName } from "./policies/index.ts";
import type { Policy } from "./policies/policy.ts";
import { type Answered, type Results, resultsOf } from "./results.ts";
import { SimMiner } from "./simMiner.ts";
import { MOST_ATTEMPTS, type Scenario, type SimTask } from "./world.ts";

interface Attempts {
  readonly task: SimTask;
  readonly tried: Set<number>;
}

/** One router: gives its tasks out by the policy, and keeps a line of those for which nobody was free. */
class SimRouter {
  readonly #policy: Policy;
  readonly #miners: readonly SimMiner[];
  readonly #clock: EventQueue;
  readonly #done: (task: SimTask, failed: boolean) => void;
  readonly #line: Attempts[] = [];
  #looking = false;

  constructor(
    policy: Policy,
    deps: { miners: readonly SimMiner[]; clock: EventQueue; done: (task: SimTask, failed: boolean) => void },
  ) {
    this.#policy = policy;
    this.#miners = deps.miners;
    this.#clock = deps.clock;
    this.#done = deps.done;
  }

  take(attempts: Attempts): void {
    if (this.#line.length > 0 || !this.#give(attempts)) this.#line.push(attempts);
    this.#lookAgain();
  }

  #give(attempts: Attempts): boolean {
    const { task, tried } = attempts;
    const chosen = this.#policy.choose(task, tried);
    const miner = chosen === undefined ? undefined : this.#miners[chosen];
    if (chosen === undefined || miner === undefined) return false;
    miner.take(task, (end) => {
      this.#policy.ended(task, chosen, end);
      if (!end.broken) this.#done(task, false);
      else if (tried.add(chosen).size >= MOST_ATTEMPTS) this.#done(task, true);
      else this.#line.unshift(attempts);
      this.#serve();
    });
    return true;
  }

  #serve(): void {
    while (this.#line[0] !== undefined && this.#give(this.#line[0])) this.#line.shift();
    this.#lookAgain();
  }

  /** A rest may be over though no order ended. */
  #lookAgain(): void {
    if (this.#line.length === 0 || this.#looking) return;
    this.#looking = true;
    this.#clock.after(1000, () => {
      this.#looking = false;
      this.#serve();
    });
  }
}

/** All tasks of the scenario under one policy. */
export function simulate(scenario: Scenario, name: PolicyName, seed = 1): Results {
  const clock = new EventQueue();
  const random = seeded(seed);
  const miners = scenario.miners.map((spec) => new SimMiner(spec, { clock, random: seeded(seed * 7919 + spec.index) }));
  const answered: Answered[] = [];
  const done = (task: SimTask, failed: boolean): void => {
    answered.push({ endMs: clock.now(), latencyMs: failed ? undefined : clock.now() - task.atMs });
  };
  const routers = Array.from({ length: scenario.routers }, () => {
    const policy = POLICIES[name]({ miners: scenario.miners, clock, random }, scenario.warm);
    return new SimRouter(policy, { miners, clock, done });
  });
  for (const task of scenario.tasks)
    clock.after(task.atMs, () => routers[task.account % routers.length]?.take({ task, tried: new Set() }));
  clock.run();
  return resultsOf(name, { scenario, answered, served: miners.map(({ servedTokens }) => servedTokens) });
}
