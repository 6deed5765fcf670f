import type { Address } from "../util/types.ts";
import type { MinerFacts, SelectionTask } from "./minerFacts.ts";

export type PassedOverReason =
  | "model"
  | "excluded"
  | "owner"
  | "circuit"
  | "context"
  | "class"
  | "price"
  | "busy"
  | "reputation"
  | "cost";

/** A miner that did not get the order, and why. */
export interface PassedOver {
  readonly miner: Address;
  readonly reason: PassedOverReason;
  /** What the task needs and what the miner has, where that says more: tokens, classes, wei per token, seconds, a share. */
  readonly needed?: number | bigint;
  readonly found?: number | bigint;
}

/** What stands against a miner for good first; a rest or an earlier attempt only if nothing else does. */
export function whyNot(one: MinerFacts, task: SelectionTask): PassedOver | undefined {
  const { miner } = one;
  const lasting = whyNever(one, task);
  if (lasting) return lasting;
  if (task.exclude?.has(miner)) return { miner, reason: "excluded" };
  if (one.circuitOpen) return { miner, reason: "circuit" };
  return undefined;
}

/** The filters that waiting does not change. */
export function whyNever(one: MinerFacts, task: SelectionTask): PassedOver | undefined {
  const { miner } = one;
  if (one.model !== task.model) return { miner, reason: "model" };
  if (task.excludeOwners?.has(one.owner)) return { miner, reason: "owner" };
  if (one.contextTokens < task.contextTokens)
    return { miner, reason: "context", needed: task.contextTokens, found: one.contextTokens };
  if ((one.class ?? 0) < (task.minClass ?? 0))
    return { miner, reason: "class", needed: task.minClass ?? 0, found: one.class ?? 0 };
  if (task.maxPromptPrice !== undefined && one.promptPrice > task.maxPromptPrice)
    return { miner, reason: "price", needed: task.maxPromptPrice, found: one.promptPrice };
  if (task.maxOutputPrice !== undefined && one.outputPrice > task.maxOutputPrice)
    return { miner, reason: "price", needed: task.maxOutputPrice, found: one.outputPrice };
  return undefined;
}
