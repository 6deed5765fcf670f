import type { PeerFacts } from "../observability/snapshot.ts";
import { blend } from "../protocol/averages.ts";
import { expectedTokens } from "../protocol/cost.ts";
import { type PassedOver, whyNever, whyNot } from "../protocol/filters.ts";
import type { SelectionTask } from "../protocol/minerFacts.ts";
import { type Prefix, prefixOf } from "../protocol/prefix.ts";
import { promptTokensCeiling } from "../protocol/price.ts";
import { queueWaitMs } from "../protocol/queueWait.ts";
import type { TaskInput } from "../protocol/records.ts";
import { type Decision, selectMiner, selectNamed } from "../protocol/selection.ts";
import { crowding } from "../protocol/strain.ts";
import { BoundedMap } from "../util/boundedMap.ts";
import type { Address, Clock, Hex } from "../util/types.ts";
import type { Choice, Outcome, Wanted } from "./choice.ts";
import { Measured, type OrderTimes } from "./measured.ts";
import type { MinerLink } from "./minerLink.ts";
import { ModelDirectory } from "./modelDirectory.ts";
import type { ModelMiners } from "./modelMiners.ts";
import { type Given, PoolEntry, type PooledMiner, type SettledStanding } from "./pooledMiner.ts";
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
  readonly #models = new ModelDirectory();
  /** Orders that are out, by what `choose` gave for them. */
  readonly #given = new WeakMap<PooledMiner, Given>();
  readonly #prefixes = new WeakMap<TaskInput, Prefix>();
  readonly #waiters: SlotWaiters;

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
    this.#models.add(entry);
    this.#waiters.wakeAll();
  }

  remove(link: MinerLink): void {
    const entry = this.#entries.get(link.address);
    if (entry?.link !== link) return;
    this.#entries.delete(link.address);
    this.#models.remove(entry);
    this.#waiters.wakeAll();
  }

  /** How many different owners serve this model. */
  owners(model: string): number {
    return new Set([...(this.#models.find(model)?.members ?? [])].map(({ owner }) => owner)).size;
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
    const miners = this.#models.find(wanted.model);
    if (miners === undefined) return { reason: "unserved" };
    const decision = this.#select(wanted, miners);
    const chosen = decision.chosen;
    if (chosen === undefined) return { reason: "busy", hopeless: () => this.#hopeless(wanted, miners), decision };
    return { miner: this.#give(chosen, { wanted, decision }), decision };
  }

  /** Why each miner of the model cannot take this task now; looks at all of them. */
  explain(wanted: Wanted): readonly PassedOver[] {
    const miners = this.#models.find(wanted.model);
    if (miners === undefined) return [];
    const task = { ...this.#task(wanted, miners), exclude: wanted.avoid };
    return [...miners.members].flatMap((one) => {
      const reason = whyNot(one, task) ?? (one.free > 0 ? undefined : { miner: one.miner, reason: "busy" as const });
      return reason ?? [];
    });
  }

  /** The order is over and its slot free again. */
  release(miner: PooledMiner, outcome: Outcome): void {
    const given = this.#given.get(miner);
    if (given === undefined) return;
    this.#given.delete(miner);
    const { entry } = given;
    entry.given.delete(given);
    const now = this.#deps.clock.now();
    if ("ttftMs" in outcome) this.#learn(given, outcome);
    else if ("unjudged" in outcome) entry.measured.unjudged(now);
    else if (outcome.broken) entry.measured.broke(now);
    else entry.measured.refused(now);
    this.#refresh(entry);
  }

  /** Resolves when a slot became free, or after the time. With a model, the oldest of those that wait for it come first. */
  async untilFree(withinMs: number, signal: AbortSignal, model?: string): Promise<void> {
    await this.#waiters.wait(withinMs, { signal, ...(model !== undefined && { model }) });
  }

  models(): readonly ServedModel[] {
    return this.#models.served;
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
    const entries = model === undefined ? this.#entries.values() : (this.#models.find(model)?.members ?? []);
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

  /** Sends every voucher that is held back. */
  payNow(): void {
    for (const { link } of this.#entries.values()) link.payNow();
  }

  facts(): readonly PeerFacts[] {
    return [...this.#entries.values()].map((entry) => entry.facts());
  }

  #give(entry: PoolEntry, { wanted, decision }: { wanted: Wanted; decision: Decision<PoolEntry> }): PooledMiner {
    const { measured, busy, strain } = entry;
    const atMs = this.#deps.clock.now();
    const beside = crowding({ orders: busy, limit: measured.limit });
    // The time without what the order costs others.
    const expectedMs = ((decision.drawn[0]?.costSeconds ?? 0) * 1000 * beside) / strain;
    const { account, input } = wanted;
    const given: Given = { entry, atMs, expectedMs, crowding: beside, account, input };
    entry.given.add(given);
    measured.given(atMs);
    const miner = entry.snapshot();
    this.#given.set(miner, given);
    this.#refresh(entry);
    return miner;
  }

  #learn({ entry, ...given }: Given, outcome: Extract<Outcome, OrderTimes>): void {
    const { account = given.account, input = given.input, ...times } = outcome;
    const freshTokens = times.promptTokens * (1 - entry.prefixes.match(this.#prefix(given.input)));
    entry.measured.done({ freshTokens, crowding: given.crowding, ...times }, this.#deps.clock.now());
    this.#models.of(entry)?.learn(entry);
    entry.prefixes.remember(this.#prefix(input));
    if (account === undefined) return;
    this.#answerTokens.set(account, blend(this.#answerTokens.get(account), times.outputTokens));
  }

  #select(wanted: Wanted, miners: ModelMiners): Decision<PoolEntry> {
    const task = this.#task(wanted, miners);
    const named = this.#named(wanted, miners);
    if (named !== undefined) return selectNamed(named, { free: named.free, task });
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
      prefixMatch: (one) => (one instanceof PoolEntry ? one.prefixes.match(this.#prefix(input)) : 0),
      usual: miners,
    };
  }

  #hopeless(wanted: Wanted, miners: ModelMiners): boolean {
    const task = this.#task(wanted, miners);
    const named = this.#named(wanted, miners);
    for (const one of named === undefined ? miners.members : [named])
      if (whyNever(one, task) === undefined) return false;
    return true;
  }

  #named({ prefer }: Wanted, { members }: ModelMiners): PoolEntry | undefined {
    const entry = prefer === undefined ? undefined : this.#entries.get(prefer);
    return entry !== undefined && members.has(entry) ? entry : undefined;
  }

  #prefix(input: TaskInput): Prefix {
    const known = this.#prefixes.get(input) ?? prefixOf(input);
    this.#prefixes.set(input, known);
    return known;
  }

  #refresh(entry: PoolEntry): void {
    if (this.#entries.get(entry.address) !== entry) return;
    this.#models.of(entry)?.place(entry);
    if (entry.free > 0) this.#waiters.wake({ models: [entry.modelName, entry.modelId], slots: entry.free });
  }
}
