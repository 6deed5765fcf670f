import type { Address } from "../util/types.ts";
import { type Cost, costOf, usualSeconds } from "./cost.ts";
import { type PassedOver, whyNot } from "./filters.ts";
import type { MinerFacts, SelectionTask } from "./minerFacts.ts";
import { reputation } from "./reputation.ts";
import type { Slots } from "./slotBag.ts";

/** Draws for the two that are compared: 8 for each. */
const TRIES = 16;
/** Part of the orders that goes to newcomers and to miners out of favour first. */
const EXPLORING = 0.03;
/** A bag this small is looked through where draws find nobody: as cheap as drawing, and sure. */
const SMALL_BAG = 64;

export interface Drawn extends Cost {
  readonly miner: Address;
  readonly reputation: number;
}

/** What was chosen and why: everything needed to explain it later. */
export interface Decision<T extends MinerFacts = MinerFacts> {
  readonly chosen?: T;
  /** The miners compared, at most two, the chosen one first. */
  readonly drawn: readonly Drawn[];
  readonly passedOver: readonly PassedOver[];
  /** No draw passed the filters, so all with a free slot were looked at. */
  readonly scanned: boolean;
  /** The order was to explore: newcomers and those out of favour came first. */
  readonly explored: boolean;
  /** Free slots drawn from, and the miners they belong to. */
  readonly freeSlots: number;
  readonly freeMiners: number;
}

export interface SelectionInput<T extends MinerFacts> {
  /** An entry per free slot of the miners trusted with the bulk of the work. */
  readonly candidates: Slots<T>;
  /** The same of newcomers and of miners with a bad name: they share the exploring orders, and what nobody else can take. */
  readonly others?: Slots<T>;
  /** 0 up to but not including 1. */
  readonly random: () => number;
  readonly task: SelectionTask;
}

/**
 * Draws two different miners, each kept with the probability of its reputation, and takes the cheaper: nearly as good as
 * comparing all, without sending everybody to the one that looks best. One that costs more than is usual is kept less
 * often: where many free slots are slow, two draws alone often meet no other. If none is kept, the cheapest of those
 * drawn that passed the filters is taken; all are looked at only if no draw passed them.
 */
export function selectMiner<T extends MinerFacts>(input: SelectionInput<T>): Decision<T> {
  const { candidates, others, random } = input;
  const explored = others !== undefined && others.size > 0 && random() < EXPLORING;
  const bags = others === undefined ? [candidates] : explored ? [others, candidates] : [candidates, others];
  const search: Search<T> = { ...input, bags, explored, passedOver: new Map(), spare: new Map() };
  for (const bag of bags) {
    const found = draw(bag, search);
    if (found.length > 0) return decide(found, search);
    const small = bag.size <= SMALL_BAG ? scan(bag, search) : [];
    if (small.length > 0) return decide(twoOf(small, random), { ...search, scanned: true });
  }
  const all = bags.flatMap((bag) => scan(bag, search));
  return decide(twoOf(all, random), { ...search, scanned: true });
}

/** Takes this miner if it has a free slot and passes: the caller named it, at the caller's risk. */
export function selectNamed<T extends MinerFacts>(one: T, { free, task }: { free: number; task: SelectionTask }) {
  const reason = whyNot(one, task) ?? (free > 0 ? undefined : { miner: one.miner, reason: "busy" as const });
  const decision: Decision<T> = {
    ...(reason === undefined && { chosen: one }),
    drawn: reason === undefined ? [drawnOf(one, task)] : [],
    passedOver: reason === undefined ? [] : [reason],
    scanned: false,
    explored: false,
    freeSlots: free,
    freeMiners: free > 0 ? 1 : 0,
  };
  return decision;
}

interface Search<T extends MinerFacts> extends SelectionInput<T> {
  readonly bags: readonly Slots<T>[];
  readonly explored: boolean;
  readonly passedOver: Map<Address, PassedOver>;
  /** Passed the filters, and not their own reputation. */
  readonly spare: Map<Address, T>;
  readonly scanned?: boolean;
}

function draw<T extends MinerFacts>(bag: Slots<T>, { random, task, passedOver, spare }: Search<T>): T[] {
  const kept: T[] = [];
  const seats = Math.min(2, bag.holders);
  for (let draws = 0; draws < TRIES && kept.length < seats; draws += 1) {
    const one = bag.at(Math.floor(random() * bag.size));
    if (!one || one === kept[0]) continue;
    const reason = whyNot(one, task);
    if (reason) passedOver.set(one.miner, reason);
    else if (random() < reputation(one) * haste(one, task)) kept.push(one);
    else spare.set(one.miner, one);
  }
  return kept.length > 0 ? kept : [...spare.values()];
}

/** Above 0, at most 1: the square of the usual time by what this miner costs; in simulation enough to beat a full sort. */
function haste(one: MinerFacts, task: SelectionTask): number {
  const usual = usualSeconds(task);
  return usual === undefined ? 1 : Math.min(1, usual / costOf(one, task).costSeconds) ** 2;
}

function decide<T extends MinerFacts>(found: readonly T[], search: Search<T>): Decision<T> {
  const { task, passedOver, spare, bags, explored, scanned = false } = search;
  const costs = found.map((one) => ({ one, drawn: drawnOf(one, task) }));
  costs.sort((a, b) => a.drawn.costSeconds - b.drawn.costSeconds);
  costs.splice(2);
  const [best, other] = costs;
  for (const one of spare.values()) passedOver.set(one.miner, whyNotKept(one, task));
  if (best) passedOver.delete(best.one.miner);
  if (best && other) {
    const seconds = { needed: best.drawn.costSeconds, found: other.drawn.costSeconds };
    passedOver.set(other.one.miner, { miner: other.one.miner, reason: "cost", ...seconds });
  }
  return {
    ...(best && { chosen: best.one }),
    drawn: costs.map(({ drawn }) => drawn),
    passedOver: [...passedOver.values()],
    scanned,
    explored,
    freeSlots: bags.reduce((sum, { size }) => sum + size, 0),
    freeMiners: bags.reduce((sum, { holders }) => sum + holders, 0),
  };
}

function whyNotKept(one: MinerFacts, task: SelectionTask): PassedOver {
  const { miner } = one;
  const needed = usualSeconds(task);
  if (needed === undefined || haste(one, task) >= reputation(one))
    return { miner, reason: "reputation", found: reputation(one) };
  return { miner, reason: "cost", needed, found: costOf(one, task).costSeconds };
}

function drawnOf(one: MinerFacts, task: SelectionTask): Drawn {
  return { miner: one.miner, ...costOf(one, task), reputation: reputation(one) };
}

/** Everybody in the bag that passes the filters; notes the reason for all others. */
function scan<T extends MinerFacts>(bag: Slots<T>, { task, passedOver }: Search<T>): T[] {
  const passing = new Set<T>();
  for (let index = 0; index < bag.size; index += 1) {
    const one = bag.at(index);
    if (!one || passing.has(one) || passedOver.has(one.miner)) continue;
    const reason = whyNot(one, task);
    if (reason) passedOver.set(one.miner, reason);
    else passing.add(one);
  }
  return [...passing];
}

function twoOf<T>(all: readonly T[], random: () => number): T[] {
  if (all.length < 2) return [...all];
  const first = Math.floor(random() * all.length);
  const second = (first + 1 + Math.floor(random() * (all.length - 1))) % all.length;
  return [first, second].flatMap((index) => all.slice(index, index + 1));
}
