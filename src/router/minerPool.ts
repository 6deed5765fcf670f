import type { PeerFacts } from "../observability/snapshot.ts";
import { blend } from "../protocol/averages.ts";
import { expectedTokens } from "../protocol/cost.ts";
import { type PassedOver, whyNever, whyNot } from "../protocol/filters.ts";
import type { SelectionTask } from "../protocol/minerFacts.ts";
import { type Prefix, prefixOf } from "../protocol/prefix.ts";
import { promptTokensCeiling } from "../protocol/price.ts";
import { queueWaitMs } from "../protocol/queueWait.ts";
import type { TaskInput } from "../protocol/records.ts";
import { reputation } from "../protocol/reputation.ts";
import { type Decision, selectMiner, selectNamed } from "../protocol/selection.ts";
import { BoundedMap } from "../util/boundedMap.ts";
import type { Address, Clock, Hex } from "../util/types.ts";
import type { Choice, Outcome, Wanted } from "./choice.ts";
import { Measured } from "./measured.ts";
import type { MinerLink } from "./minerLink.ts";
import { ModelMiners } from "./modelMiners.ts";
import { PoolEntry, type PooledMiner, type SettledStanding } from "./pooledMiner.ts";
import { SlotWaiters } from "./slotWaiters.ts";
import type { ServedModel } from "./task.ts";

export type { PooledMiner } from "./pooledMiner.ts";

/** Usual length of a token, where only the text is known. */
const BYTES_PER_TOKEN = 4;
/** Accounts whose answers' lengths are remembered, and miners whose times are. */
const ACCOUNTS = 10_000;
const MINERS = 250_000;
const LONGEST_RETRY_AFTER_S = 600;

interface Deps {
  readonly clock: Clock;
  random(): number;
  standing?(miner: Address): SettledStanding | undefined;
}

/** The connected miners, what was measured of each, and the bags of their free slots that tasks are drawn from. */
export class MinerPool {
  readonly #deps: Deps;
  readonly #entries = new Map<Address, PoolEntry>();
  /** What is known of a miner outlives its line. */
  readonly #measured = new BoundedMap<Address, Measured>(MINERS);
  readonly #answerTokens = new BoundedMap<Hex, number>(ACCOUNTS);
  readonly #models = new Map<Hex, ModelMiners>();
  /** Who serves a model, by its name and by its id. */
  readonly #byName = new Map<string, Set<PoolEntry>>();
  readonly #prefixes = new WeakMap<TaskInput, Prefix>();
  readonly #waiters: SlotWaiters;
  #served: readonly ServedModel[] | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#waiters = new SlotWaiters(deps.clock);
  }

  add(link: MinerLink, session: Hex): void {
    const before = this.#entries.get(link.address);
    if (before !== undefined) this.remove(before.link);
    const now = this.#deps.clock.now();
    const slots = link.hello.models[0]?.slots ?? 1;
    const measured = this.#measured.get(link.address) ?? new Measured(slots, now);
    measured.reconnected(slots, now);
    this.#measured.set(link.address, measured);
    const entry = new PoolEntry({ link, session, measured }, this.#deps);
    this.#entries.set(link.address, entry);
    for (const name of [entry.modelName, entry.modelId]) {
      const known = this.#byName.get(name) ?? new Set();
      this.#byName.set(name, known.add(entry));
    }
    this.#miners(entry.modelId).add(entry);
    this.#served = undefined;
    this.#waiters.wakeAll();
  }

  remove(link: MinerLink): void {
    const entry = this.#entries.get(link.address);
    if (entry?.link !== link) return;
    this.#entries.delete(link.address);
    for (const name of [entry.modelName, entry.modelId]) {
      const known = this.#byName.get(name);
      known?.delete(entry);
      if (known?.size === 0) this.#byName.delete(name);
    }
    const miners = this.#miners(entry.modelId);
    miners.remove(entry);
    if (miners.members.size === 0) this.#models.delete(entry.modelId);
    this.#served = undefined;
    this.#waiters.wakeAll();
  }

  /** How many different owners serve this model. */
  owners(model: string): number {
    return new Set([...(this.#byName.get(model) ?? [])].map(({ owner }) => owner)).size;
  }

  /** No new orders for this miner; what runs goes on. */
  drain(link: MinerLink): void {
    const entry = this.#entries.get(link.address);
    if (entry?.link !== link) return;
    entry.draining = true;
    this.#refresh(entry);
  }

  /** Draws a miner with a free slot and takes the slot. */
  choose(wanted: Wanted): Choice {
    const miners = this.#serving(wanted.model);
    if (miners === undefined) return { reason: "unserved" };
    const decision = this.#select(wanted, miners);
    const chosen = decision.chosen;
    if (chosen === undefined) return { reason: "busy", hopeless: this.#hopeless(wanted, miners), decision };
    chosen.busy += 1;
    chosen.measured.given(this.#deps.clock.now());
    this.#refresh(chosen);
    return { miner: chosen, decision };
  }

  /** Why each miner of the model cannot take this task now; looks at all of them. */
  explain(wanted: Wanted): readonly PassedOver[] {
    const miners = this.#serving(wanted.model);
    if (miners === undefined) return [];
    const task = { ...this.#task(wanted, miners), exclude: wanted.avoid };
    return [...miners.members].flatMap((one) => {
      const reason = whyNot(one, task) ?? (one.free > 0 ? undefined : { miner: one.miner, reason: "busy" as const });
      return reason ?? [];
    });
  }

  /** The order is over and its slot free again. */
  release(miner: PooledMiner, outcome: Outcome): void {
    const entry = miner as PoolEntry;
    const now = this.#deps.clock.now();
    entry.busy = Math.max(0, entry.busy - 1);
    if ("ttftMs" in outcome) {
      const { account, input, ...times } = outcome;
      const prefix = input && this.#prefix(input);
      const freshTokens = times.promptTokens * (1 - (prefix === undefined ? 0 : entry.prefixes.match(prefix)));
      entry.measured.done({ freshTokens, ...times }, now);
      this.#models.get(entry.modelId)?.learn(entry);
      if (prefix !== undefined) entry.prefixes.remember(prefix);
      if (account !== undefined)
        this.#answerTokens.set(account, blend(this.#answerTokens.get(account), times.outputTokens));
    } else if ("broken" in outcome) {
      if (outcome.broken) entry.measured.broke(now);
      else entry.measured.refused(now);
    }
    this.#refresh(entry);
  }

  /** Resolves when a slot became free, or after the time. */
  async untilFree(withinMs: number, signal: AbortSignal): Promise<void> {
    await this.#waiters.wait(withinMs, signal);
  }

  models(): readonly ServedModel[] {
    this.#served ??= [...this.#models.values()].map(({ served }) => served).filter(({ name }) => name !== "");
    return this.#served;
  }

  slots(): { readonly busy: number; readonly total: number } {
    let [busy, total] = [0, 0];
    for (const entry of this.#entries.values()) {
      busy += entry.busy;
      total += entry.slots;
    }
    return { busy, total };
  }

  /** When a slot of this model is likely free, in whole seconds, from the measured times of those that serve it. */
  retryAfterSeconds(model?: string): number {
    const now = this.#deps.clock.now();
    const entries = model === undefined ? this.#entries.values() : (this.#byName.get(model) ?? []);
    const miners = [...entries]
      .filter(({ draining }) => !draining)
      .map(({ measured }) => ({
        slots: measured.limit,
        durationMs: measured.durationMs,
        restMs: measured.restMs(now),
      }));
    const seconds = Math.ceil(queueWaitMs(miners, this.#waiters.count) / 1000);
    return Math.min(LONGEST_RETRY_AFTER_S, Math.max(1, seconds));
  }

  facts(): readonly PeerFacts[] {
    return [...this.#entries.values()].map((entry) => {
      const { rttMs, ttftMs, decodeMsPerToken, finished, broken } = entry.measured;
      return {
        address: entry.address,
        name: entry.modelName,
        connected: entry.link.open,
        rttMs: rttMs ?? null,
        slots: { busy: entry.busy, total: entry.slots },
        ttftMs: ttftMs ?? null,
        tokensPerSecond: decodeMsPerToken === undefined ? null : 1000 / Math.max(decodeMsPerToken.value, 0.001),
        finished,
        broken,
        reputation: reputation(entry),
      };
    });
  }

  #select(wanted: Wanted, miners: ModelMiners): Decision<PoolEntry> {
    const task = this.#task(wanted, miners);
    const named = wanted.prefer === undefined ? undefined : this.#entries.get(wanted.prefer);
    if (named !== undefined && miners.members.has(named)) return selectNamed(named, { free: named.free, task });
    const { trusted: candidates, others } = miners;
    const random = (): number => this.#deps.random();
    const exclude = wanted.avoid;
    const fresh = selectMiner({ candidates, others, random, task: { ...task, exclude } });
    if (fresh.chosen !== undefined || exclude.size === 0) return fresh;
    return selectMiner({ candidates, others, random, task });
  }

  #task({ input, account, maxTokens, ...wanted }: Wanted, miners: ModelMiners): SelectionTask {
    const promptTokens = Math.ceil(promptTokensCeiling(input) / BYTES_PER_TOKEN);
    return {
      model: miners.modelId,
      // A router has no tokenizer: what seems too long for everybody goes to the longest, which knows.
      contextTokens: Math.min(promptTokens + maxTokens, miners.served.contextTokens),
      promptTokens,
      expectedTokens: expectedTokens({ maxTokens, average: account && this.#answerTokens.get(account) }),
      excludeOwners: wanted.excludeOwners,
      minClass: wanted.minClass,
      maxPromptPrice: wanted.maxPromptPrice,
      maxOutputPrice: wanted.maxOutputPrice,
      prefixMatch: (miner) => this.#entries.get(miner)?.prefixes.match(this.#prefix(input)) ?? 0,
      usual: miners,
    };
  }

  #hopeless(wanted: Wanted, miners: ModelMiners): boolean {
    const task = this.#task(wanted, miners);
    for (const one of miners.members) if (whyNever(one, task) === undefined) return false;
    return true;
  }

  #prefix(input: TaskInput): Prefix {
    const known = this.#prefixes.get(input) ?? prefixOf(input);
    this.#prefixes.set(input, known);
    return known;
  }

  #refresh(entry: PoolEntry): void {
    if (this.#entries.get(entry.address) !== entry) return;
    this.#miners(entry.modelId).place(entry);
    if (entry.free > 0) this.#waiters.wakeAll();
  }

  #serving(model: string): ModelMiners | undefined {
    const [one] = this.#byName.get(model) ?? [];
    return one && this.#miners(one.modelId);
  }

  #miners(modelId: Hex): ModelMiners {
    const known = this.#models.get(modelId) ?? new ModelMiners(modelId);
    this.#models.set(modelId, known);
    return known;
  }
}
