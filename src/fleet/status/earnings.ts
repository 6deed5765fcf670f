import type { MoneyStatus, NodeFacts, NodeStatus } from "../../observability/snapshot.ts";
import { formatCor, parseCor } from "../../util/money.ts";

/** What a node earned, in wei. */
export interface Earnings {
  readonly earnedWei: bigint;
  readonly earnedTodayWei: bigint;
  /** Vouchers received and not yet redeemed. */
  readonly waitingWei: bigint;
}

/**
 * A miner earns what its receipts say. A router passes that on and earns the rest of what its clients' vouchers bring, its
 * margin; today's is its share of today's receipts, rounded down.
 */
export function earningsOf({ role, money }: NodeFacts): Earnings {
  const receipted = BigInt(money.receiptedWei);
  const receiptedToday = BigInt(money.receiptedTodayWei);
  const vouchers = BigInt(money.vouchersWei);
  const waitingWei = positive(vouchers - BigInt(money.redeemedWei));
  if (role !== "router") return { earnedWei: receipted, earnedTodayWei: receiptedToday, waitingWei };
  const margin = positive(vouchers - receipted);
  return {
    earnedWei: margin,
    earnedTodayWei: receipted === 0n ? 0n : (margin * receiptedToday) / receipted,
    waitingWei,
  };
}

/** The sums over own nodes. */
export function moneyOf(nodes: readonly NodeStatus[], gasWei: bigint | null): MoneyStatus {
  return {
    earned_today_cor: sumOf(nodes.map((node) => node.earned_today_cor)),
    earned_cor: sumOf(nodes.map((node) => node.earned_cor)),
    waiting_cor: sumOf(nodes.map((node) => node.claimable_cor)),
    gas: gasWei === null ? null : formatCor(gasWei),
  };
}

/** Native coin of the node keys; null while none is known. */
export function gasOf(facts: readonly NodeFacts[]): bigint | null {
  const known = facts.flatMap(({ money }) => (typeof money.gasWei === "string" ? [BigInt(money.gasWei)] : []));
  return known.length === 0 ? null : known.reduce((total, wei) => total + wei, 0n);
}

function sumOf(amounts: readonly string[]): string {
  return formatCor(amounts.reduce((total, amount) => total + (parseCor(amount) ?? 0n), 0n));
}

function positive(wei: bigint): bigint {
  return wei > 0n ? wei : 0n;
}
