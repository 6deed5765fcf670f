import { bytesOf, concatBytes } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";
import { keccak } from "./hash.ts";

/** The (R) numbers of the draw. */
export interface DrawRules {
  /** Share of a settled miner's leaves, in 1/10,000. */
  readonly rateBps: number;
  /** Every leaf of a miner is drawn until it has been audited so often. */
  readonly newcomerAudits: number;
  /** Of each miner and epoch, where there are as many. */
  readonly leastLeaves: number;
  /** In all. */
  readonly mostLeaves: number;
  /** Validators that replay one miner's leaves, when there are more. */
  readonly validators: number;
}

/** The numbers of a network that says nothing else. */
export function defaultDrawRules(practice: boolean): DrawRules {
  return { rateBps: 200, newcomerAudits: 50, leastLeaves: practice ? 1 : 6, mostLeaves: 2000, validators: 7 };
}

/** An anchored leaf, as far as the draw looks at it. */
export interface DrawLeaf {
  readonly leaf: Hex;
  /** Struct hash of the order, which counts once however often it is anchored. */
  readonly order: Hex;
  readonly miner: Address;
}

export interface Draw {
  /** Hash of the third block after anchoring closes: nobody knows it while leaves can still be chosen. */
  readonly blockHash: Hex;
  readonly rules: DrawRules;
  /** Audits of a miner before this epoch, by the last settled state. */
  audits(miner: Address): number;
}

const SHARES = 10_000n;

/**
 * The leaves that all validators replay, a pure function of what is anchored: those whose hash with the block falls under
 * the rate, and in any case the first of each miner in the order of these hashes, as many as it needs. What is above
 * `mostLeaves` falls out evenly: the miner with most leaves loses first.
 *
 * A leaf that is drawn from all leaves of its miner is also drawn from any part of them, so a node that knows only its own
 * never takes a drawn leaf for another (`mostLeaves` left aside).
 *
 * In ascending order: a leaf's place in it is its place among the replays of a report.
 */
export function drawnLeaves(leaves: Iterable<DrawLeaf>, draw: Draw): readonly Hex[] {
  const drawn = [...byMiner(leaves, draw.blockHash)].flatMap(([miner, lots]) =>
    ofMiner(lots, draw.audits(miner), draw),
  );
  const { mostLeaves } = draw.rules;
  const kept = drawn.length <= mostLeaves ? drawn : drawn.sort(byTurn).slice(0, mostLeaves);
  return kept.map(({ leaf }) => leaf).sort();
}

/** The validators that replay the leaves of one miner: all, or those drawn when there are more than `most`. */
export function dueValidators(
  validators: Iterable<Address>,
  { miner, blockHash, most }: { readonly miner: Address; readonly blockHash: Hex; readonly most: number },
): readonly Address[] {
  const all = [...new Set(validators)].sort();
  if (all.length <= most) return all;
  const lots = all.map((validator) => ({ validator, lot: hashed(blockHash, miner, validator) }));
  return lots
    .sort((one, other) => ascending(one.lot, other.lot))
    .slice(0, most)
    .map(({ validator }) => validator)
    .sort();
}

interface Lot {
  readonly leaf: Hex;
  readonly order: Hex;
  readonly lot: Hex;
}

/** A drawn leaf with its place among those of its miner. */
interface Turn extends Lot {
  readonly turn: number;
}

function byMiner(leaves: Iterable<DrawLeaf>, blockHash: Hex): ReadonlyMap<Address, readonly Lot[]> {
  const first = new Map<string, DrawLeaf>();
  for (const leaf of leaves) {
    const key = `${leaf.miner} ${leaf.order}`;
    const known = first.get(key);
    if (known === undefined || leaf.leaf < known.leaf) first.set(key, leaf);
  }
  const lots = new Map<Address, Lot[]>();
  for (const { miner, leaf, order } of first.values()) {
    const own = lots.get(miner) ?? [];
    lots.set(miner, own);
    own.push({ leaf, order, lot: hashed(blockHash, leaf) });
  }
  return lots;
}

function ofMiner(lots: readonly Lot[], audits: number, { rules }: Draw): readonly Turn[] {
  const least = Math.max(rules.leastLeaves, rules.newcomerAudits - audits);
  const limit = (BigInt(rules.rateBps) << 256n) / SHARES;
  return lots
    .toSorted((one, other) => ascending(one.lot, other.lot))
    .map((lot, turn) => ({ ...lot, turn }))
    .filter(({ lot, turn }) => turn < least || BigInt(lot) < limit);
}

function byTurn(one: Turn, other: Turn): number {
  return one.turn - other.turn || ascending(one.lot, other.lot);
}

function ascending(one: Hex, other: Hex): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function hashed(...parts: readonly Hex[]): Hex {
  return keccak(concatBytes(...parts.map(bytesOf)));
}
