import type { Address, Hex } from "../util/types.ts";
import type { Slots } from "./slotBag.ts";

/** Where nothing was measured yet. */
export const UNMEASURED = { prefillMsPerToken: 5, decodeMsPerToken: 50 } as const;

/** Draws for each of the two that are compared. */
const TRIES = 8;

/** What a router knows of a miner; times are its own measurements. */
export interface MinerFacts {
  readonly miner: Address;
  readonly model: Hex;
  /** Prompt and answer together. */
  readonly contextTokens: number;
  /** Wei per token. */
  readonly promptPrice: bigint;
  readonly outputPrice: bigint;
  /** It failed lately, and gets no orders for a while. */
  readonly circuitOpen: boolean;
  readonly rttMs: number;
  readonly prefillMsPerToken?: number | undefined;
  readonly decodeMsPerToken?: number | undefined;
  /** Decayed count of orders finished. */
  readonly finished: number;
  /** Decayed count of orders broken after the miner's promise. */
  readonly broken: number;
}

export interface SelectionTask {
  readonly model: Hex;
  /** Prompt and answer together, as far as they are known. */
  readonly contextTokens: number;
  readonly promptTokens: number;
  /** See `expectedTokens`. */
  readonly expectedTokens: number;
  /** Wei per token; undefined: any. */
  readonly maxPromptPrice?: bigint | undefined;
  readonly maxOutputPrice?: bigint | undefined;
  /** Miners that had this task before. */
  readonly exclude?: ReadonlySet<Address> | undefined;
  /** The part of the prompt that a miner has in its cache, 0 to 1. */
  readonly prefixMatch?: ((miner: Address) => number) | undefined;
  /** The model's medians, for miners that were not measured yet. */
  readonly usual?: Partial<Pick<MinerFacts, "prefillMsPerToken" | "decodeMsPerToken">> | undefined;
}

export type PassedOverReason = "model" | "excluded" | "circuit" | "context" | "price" | "reputation" | "cost";

export interface PassedOver {
  readonly miner: Address;
  readonly reason: PassedOverReason;
  /** What the task needs and what the miner has, where that says more: tokens, wei per token, seconds, a share. */
  readonly needed?: number | bigint;
  readonly found?: number | bigint;
}

export interface Drawn {
  readonly miner: Address;
  readonly costSeconds: number;
  readonly reputation: number;
}

/** What was chosen and why: everything needed to explain it later. */
export interface Decision<T extends MinerFacts = MinerFacts> {
  readonly chosen?: T;
  /** The miners compared, at most two, the chosen one first. */
  readonly drawn: readonly Drawn[];
  readonly passedOver: readonly PassedOver[];
  /** Nobody that was drawn passed the filters, so all were looked at. */
  readonly scanned: boolean;
}

export interface SelectionInput<T extends MinerFacts> {
  /** An entry per free slot. */
  readonly candidates: Slots<T>;
  /** 0 up to but not including 1. */
  readonly random: () => number;
  readonly task: SelectionTask;
}

/**
 * Draws two different miners, each kept with the probability of its reputation, and takes the cheaper: nearly as good as
 * comparing all, without sending everybody to the one that looks best. A miner that only its reputation stood against is
 * taken when there is no other; all are looked at only if no draw passed the filters.
 */
export function selectMiner<T extends MinerFacts>(input: SelectionInput<T>): Decision<T> {
  const { candidates, random, task } = input;
  const passedOver = new Map<Address, PassedOver>();
  const kept: T[] = [];
  const spare = new Map<Address, T>();
  for (let seat = 0; seat < 2; seat += 1) {
    for (let attempt = 0; attempt < TRIES && kept.length === seat; attempt += 1) {
      const one = candidates.at(Math.floor(random() * candidates.size));
      if (!one || one === kept[0]) continue;
      const reason = whyNot(one, task);
      if (reason) passedOver.set(one.miner, reason);
      else if (random() < reputation(one)) kept.push(one);
      else spare.set(one.miner, one);
    }
    if (kept.length === seat) break;
  }
  const found = kept.length > 0 ? kept : [...spare.values()].slice(0, 2);
  if (found.length > 0) return decide(found, { ...input, passedOver, spare, scanned: false });
  const all = scan(candidates, task, passedOver);
  return decide(twoOf(all, random), { ...input, passedOver, spare, scanned: true });
}

interface Grounds<T extends MinerFacts> extends SelectionInput<T> {
  readonly passedOver: Map<Address, PassedOver>;
  readonly spare: ReadonlyMap<Address, T>;
  readonly scanned: boolean;
}

function decide<T extends MinerFacts>(found: readonly T[], grounds: Grounds<T>): Decision<T> {
  const { task, passedOver, spare, scanned } = grounds;
  const costs = found.map((one) => ({ one, costSeconds: costSeconds(one, task) }));
  costs.sort((a, b) => a.costSeconds - b.costSeconds);
  const [best, other] = costs;
  for (const one of spare.values()) {
    passedOver.set(one.miner, { miner: one.miner, reason: "reputation", found: reputation(one) });
  }
  if (best) passedOver.delete(best.one.miner);
  if (best && other) {
    const seconds = { needed: best.costSeconds, found: other.costSeconds };
    passedOver.set(other.one.miner, { miner: other.one.miner, reason: "cost", ...seconds });
  }
  return {
    ...(best && { chosen: best.one }),
    drawn: costs.map((entry) => ({
      miner: entry.one.miner,
      costSeconds: entry.costSeconds,
      reputation: reputation(entry.one),
    })),
    passedOver: [...passedOver.values()],
    scanned,
  };
}

/** Everybody with a free slot that passes the filters; notes the reason for all others. */
function scan<T extends MinerFacts>(
  candidates: Slots<T>,
  task: SelectionTask,
  passedOver: Map<Address, PassedOver>,
): T[] {
  const passing = new Set<T>();
  for (let index = 0; index < candidates.size; index += 1) {
    const one = candidates.at(index);
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

/** The filters. */
function whyNot(one: MinerFacts, task: SelectionTask): PassedOver | undefined {
  const { miner } = one;
  if (one.model !== task.model) return { miner, reason: "model" };
  if (task.exclude?.has(miner)) return { miner, reason: "excluded" };
  if (one.circuitOpen) return { miner, reason: "circuit" };
  if (one.contextTokens < task.contextTokens) {
    return { miner, reason: "context", needed: task.contextTokens, found: one.contextTokens };
  }
  if (task.maxPromptPrice !== undefined && one.promptPrice > task.maxPromptPrice) {
    return { miner, reason: "price", needed: task.maxPromptPrice, found: one.promptPrice };
  }
  if (task.maxOutputPrice !== undefined && one.outputPrice > task.maxOutputPrice) {
    return { miner, reason: "price", needed: task.maxOutputPrice, found: one.outputPrice };
  }
  return undefined;
}

/**
 * How long the answer will take, in seconds:
 * rtt + promptTokens x (1 - prefixMatch) x prefillPerToken + expectedTokens x timePerToken.
 */
export function costSeconds(one: MinerFacts, task: SelectionTask): number {
  const { usual } = task;
  const prefillMs = one.prefillMsPerToken ?? usual?.prefillMsPerToken ?? UNMEASURED.prefillMsPerToken;
  const decodeMs = one.decodeMsPerToken ?? usual?.decodeMsPerToken ?? UNMEASURED.decodeMsPerToken;
  const toPrefill = task.promptTokens * (1 - (task.prefixMatch?.(one.miner) ?? 0));
  return (one.rttMs + toPrefill * prefillMs + task.expectedTokens * decodeMs) / 1000;
}

/** Above 0, below 1; a stranger has a half. */
export function reputation({ finished, broken }: Pick<MinerFacts, "finished" | "broken">): number {
  return (finished + 1) / (finished + broken + 2);
}

/** How long an answer will be: the key's average so far, as far as it may go. */
export function expectedTokens({ maxTokens, average }: { maxTokens: number; average?: number | undefined }): number {
  return average === undefined ? maxTokens : Math.min(maxTokens, average);
}
