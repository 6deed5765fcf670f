import type { MinerFacts, SelectionTask } from "../../../src/protocol/minerFacts.ts";
import { SlotBag } from "../../../src/protocol/slotBag.ts";

/** A trusted miner like any other. */
export const miner = (n: number, facts: Partial<MinerFacts> = {}): MinerFacts => ({
  miner: `0x${n.toString(16).padStart(40, "0")}`,
  owner: `0xaa${n.toString(16).padStart(38, "0")}`,
  model: "0xaa",
  contextTokens: 2048,
  promptPrice: 10n,
  outputPrice: 30n,
  circuitOpen: false,
  rttMs: 10,
  finished: 98,
  broken: 0,
  ...facts,
});

export const task: SelectionTask = { model: "0xaa", contextTokens: 600, promptTokens: 100, expectedTokens: 500 };

export function bagOf(miners: readonly MinerFacts[], slots = 1): SlotBag<MinerFacts> {
  const bag = new SlotBag<MinerFacts>();
  for (const one of miners) bag.setFree(one, slots);
  return bag;
}
