import type { PeerFacts } from "../observability/snapshot.ts";
import { promptTokensCeiling } from "../protocol/price.ts";
import type { TaskInput } from "../protocol/records.ts";
import { type Decision, type MinerFacts, reputation, selectMiner } from "../protocol/selection.ts";
import { SlotBag } from "../protocol/slotBag.ts";
import type { Address, Clock, Hex } from "../util/types.ts";
import { Measured } from "./measured.ts";
import type { MinerLink } from "./minerLink.ts";
import type { ServedModel } from "./task.ts";

/** Orders broken in a row until a miner rests, and for how long. */
const BREAKS_TO_REST = 3;
const REST_MS = 30_000;

/** A connected miner as the router deals with it. */
export interface PooledMiner extends MinerFacts {
  readonly address: Address;
  readonly link: MinerLink;
  readonly session: Hex;
  readonly modelId: Hex;
  readonly modelName: string;
}

/** A free miner, or why there is none: nobody serves the model, or every slot is taken. */
export type Choice =
  | { readonly miner: PooledMiner; readonly decision: Decision<PooledMiner> }
  | { readonly miner?: undefined; readonly reason: "unserved" | "busy" };

/** How an order ended, for what the router knows of its miner. */
export type Outcome =
  | { readonly broken: boolean }
  /** Nothing can be said of the miner: another one was quicker, or it leaves. */
  | { readonly unjudged: true }
  | {
      readonly ttftMs: number;
      readonly durationMs: number;
      readonly promptTokens: number;
      readonly outputTokens: number;
      /** Whose answer it was: how long answers get is learned for each. */
      readonly account?: Hex;
    };

/** One miner's life in the pool; getters, so that a draw always sees the newest measurement. */
class Entry implements PooledMiner {
  readonly link: MinerLink;
  readonly session: Hex;
  readonly measured: Measured;
  readonly slots: number;
  readonly modelId: Hex;
  readonly modelName: string;
  readonly contextTokens: number;
  readonly #clock: Clock;
  busy = 0;
  draining = false;
  brokenInRow = 0;
  restsUntil = 0;

  constructor(
    link: MinerLink,
    { session, measured, clock }: { session: Hex; measured: Measured | undefined; clock: Clock },
  ) {
    this.link = link;
    this.session = session;
    this.#clock = clock;
    const model = link.hello.models[0];
    this.modelId = model?.modelId ?? "0x";
    this.modelName = model?.name ?? "";
    this.contextTokens = model?.contextTokens ?? 0;
    this.slots = model?.slots ?? 1;
    this.measured = measured ?? new Measured(this.slots);
  }

  get address(): Address {
    return this.link.address;
  }
  get miner(): Address {
    return this.link.address;
  }
  get model(): Hex {
    return this.modelId;
  }
  get promptPrice(): bigint {
    return this.link.hello.promptPrice;
  }
  get outputPrice(): bigint {
    return this.link.hello.outputPrice;
  }
  get circuitOpen(): boolean {
    return this.restsUntil > this.#clock.now();
  }
  get rttMs(): number {
    return this.measured.rttMs ?? 1;
  }
  get prefillMsPerToken(): number | undefined {
    return this.measured.prefillMsPerToken;
  }
  get decodeMsPerToken(): number | undefined {
    return this.measured.msPerToken;
  }
  get finished(): number {
    return this.measured.finished;
  }
  get broken(): number {
    return this.measured.broken;
  }
  get free(): number {
    return this.draining ? 0 : Math.max(0, this.measured.limit - this.busy);
  }
}

/** The connected miners, what was measured of each, and the bag of their free slots that tasks are drawn from. */
export class MinerPool {
  readonly #deps: { readonly clock: Clock; random(): number };
  readonly #entries = new Map<Address, Entry>();
  /** What is known of a miner outlives its line. */
  readonly #measured = new Map<Address, Measured>();
  readonly #bags = new Map<Hex, SlotBag<Entry>>();
  #waiting: (() => void)[] = [];

  constructor(deps: { readonly clock: Clock; random(): number }) {
    this.#deps = deps;
  }

  add(link: MinerLink, session: Hex): void {
    const before = this.#entries.get(link.address);
    if (before !== undefined) this.remove(before.link);
    const entry = new Entry(link, { session, measured: this.#measured.get(link.address), clock: this.#deps.clock });
    this.#measured.set(link.address, entry.measured);
    this.#entries.set(link.address, entry);
    this.#refresh(entry);
  }

  remove(link: MinerLink): void {
    const entry = this.#entries.get(link.address);
    if (entry?.link !== link) return;
    this.#entries.delete(link.address);
    this.#bag(entry.modelId).setFree(entry, 0);
    this.#wake();
  }

  /** No new orders for this miner; what runs goes on. */
  drain(link: MinerLink): void {
    const entry = this.#entries.get(link.address);
    if (entry?.link !== link) return;
    entry.draining = true;
    this.#refresh(entry);
  }

  /** Draws a miner with a free slot and takes the slot. Miners to avoid are drawn only when there is no other. */
  choose(wanted: {
    readonly model: string;
    readonly input: TaskInput;
    readonly maxTokens: number;
    readonly avoid: ReadonlySet<Address>;
    readonly account?: Hex;
    readonly prefer?: Address;
  }): Choice {
    const modelId = [...this.#entries.values()].find(
      (entry) => entry.modelName === wanted.model || entry.modelId === wanted.model,
    )?.modelId;
    if (modelId === undefined) return { reason: "unserved" };
    const task = {
      model: modelId,
      contextTokens: 0,
      promptTokens: Math.ceil(promptTokensCeiling(wanted.input) / 4),
      expectedTokens: wanted.maxTokens,
    };
    const candidates = this.#bag(modelId);
    const random = (): number => this.#deps.random();
    let decision = selectMiner({ candidates, random, task: { ...task, exclude: wanted.avoid } });
    if (decision.chosen === undefined && wanted.avoid.size > 0) decision = selectMiner({ candidates, random, task });
    const chosen = decision.chosen;
    if (chosen === undefined) return { reason: "busy" };
    chosen.busy += 1;
    this.#refresh(chosen);
    return { miner: chosen, decision };
  }

  /** The order is over and its slot free again. */
  release(miner: PooledMiner, outcome: Outcome): void {
    const entry = miner as Entry;
    entry.busy = Math.max(0, entry.busy - 1);
    if ("ttftMs" in outcome) {
      entry.measured.done(outcome);
      entry.brokenInRow = 0;
    } else if ("broken" in outcome) {
      if (outcome.broken) this.#broke(entry);
      else entry.measured.refused();
    }
    this.#refresh(entry);
  }

  /** Resolves when a slot became free, or after the time. */
  async untilFree(withinMs: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.after(withinMs, resolve);
      const wake = (): void => {
        cancel();
        resolve();
      };
      this.#waiting.push(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  models(): readonly ServedModel[] {
    const served = new Map<Hex, ServedModel>();
    for (const { modelId, modelName, contextTokens, promptPrice, outputPrice } of this.#entries.values()) {
      if (modelName === "") continue;
      const known = served.get(modelId);
      served.set(modelId, {
        modelId,
        name: known?.name ?? modelName,
        contextTokens: Math.max(known?.contextTokens ?? 0, contextTokens),
        miners: (known?.miners ?? 0) + 1,
        // A ceiling must hold whoever answers, so the dearest counts.
        promptPrice: most(known?.promptPrice, promptPrice),
        outputPrice: most(known?.outputPrice, outputPrice),
      });
    }
    return [...served.values()];
  }

  slots(): { readonly busy: number; readonly total: number } {
    const entries = [...this.#entries.values()];
    return {
      busy: entries.reduce((sum, { busy }) => sum + busy, 0),
      total: entries.reduce((sum, { slots }) => sum + slots, 0),
    };
  }

  /** When a slot is likely free: half of the usual answer's time, at least a second. */
  retryAfterSeconds(): number {
    const times = [...this.#entries.values()].map(({ measured }) => (measured.durationMs ?? 2000) / 2000);
    return Math.max(1, Math.ceil(Math.min(...times, 60)));
  }

  facts(): readonly PeerFacts[] {
    return [...this.#entries.values()].map((entry) => ({
      address: entry.address,
      name: entry.modelName,
      connected: entry.link.open,
      rttMs: entry.measured.rttMs ?? null,
      slots: { busy: entry.busy, total: entry.slots },
      ttftMs: entry.measured.ttftMs ?? null,
      tokensPerSecond:
        entry.measured.msPerToken === undefined ? null : 1000 / Math.max(entry.measured.msPerToken, 0.001),
      finished: entry.finished,
      broken: entry.broken,
      reputation: reputation(entry),
    }));
  }

  #broke(entry: Entry): void {
    entry.measured.broken += 1;
    entry.brokenInRow += 1;
    if (entry.brokenInRow < BREAKS_TO_REST) return;
    entry.brokenInRow = 0;
    entry.restsUntil = this.#deps.clock.now() + REST_MS;
  }

  #refresh(entry: Entry): void {
    if (this.#entries.get(entry.address) !== entry) return;
    this.#bag(entry.modelId).setFree(entry, entry.free);
    if (entry.free === 0) return;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #bag(modelId: Hex): SlotBag<Entry> {
    const known = this.#bags.get(modelId);
    if (known !== undefined) return known;
    const made = new SlotBag<Entry>();
    this.#bags.set(modelId, made);
    return made;
  }
}

function most(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b > a ? b : a;
}
