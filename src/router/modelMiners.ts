import { isTrusted } from "../protocol/reputation.ts";
import { RunningMedian } from "../protocol/runningMedian.ts";
import { SlotBag } from "../protocol/slotBag.ts";
import type { Hex } from "../util/types.ts";
import type { PoolEntry } from "./pooledMiner.ts";
import type { ServedModel } from "./task.ts";

/** The connected miners of one model, by how far they are trusted, and what is usual among them. */
export class ModelMiners {
  readonly modelId: Hex;
  readonly members = new Set<PoolEntry>();
  /** Free slots of those that share the bulk of the orders, and of newcomers and miners out of favour. */
  readonly trusted = new SlotBag<PoolEntry>();
  readonly others = new SlotBag<PoolEntry>();
  readonly #prefill = new RunningMedian();
  readonly #decode = new RunningMedian();
  #served: ServedModel | undefined;

  constructor(modelId: Hex) {
    this.modelId = modelId;
  }

  get prefillMsPerToken(): number | undefined {
    return this.#prefill.value;
  }

  get decodeMsPerToken(): number | undefined {
    return this.#decode.value;
  }

  add(entry: PoolEntry): void {
    entry.usual = this;
    this.members.add(entry);
    this.#served = undefined;
    this.place(entry);
  }

  remove(entry: PoolEntry): void {
    this.members.delete(entry);
    this.#served = undefined;
    this.trusted.setFree(entry, 0);
    this.others.setFree(entry, 0);
  }

  /** Puts its free slots where they belong now. */
  place(entry: PoolEntry): void {
    const trusted = isTrusted(entry);
    this.trusted.setFree(entry, trusted ? entry.free : 0);
    this.others.setFree(entry, trusted ? 0 : entry.free);
  }

  /** An order is done: its miner's times count towards the usual ones. */
  learn({ measured }: PoolEntry): void {
    if (measured.prefillMsPerToken !== undefined) this.#prefill.add(measured.prefillMsPerToken.value);
    if (measured.decodeMsPerToken !== undefined) this.#decode.add(measured.decodeMsPerToken.value);
  }

  /** For the list of models; worked out again only after somebody came or went. */
  get served(): ServedModel {
    this.#served ??= this.#summary();
    return this.#served;
  }

  #summary(): ServedModel {
    const [first] = this.members;
    let [contextTokens, promptPrice, outputPrice] = [0, 0n, 0n];
    for (const one of this.members) {
      contextTokens = Math.max(contextTokens, one.contextTokens);
      // A ceiling must hold whoever answers, so the dearest counts.
      if (one.promptPrice > promptPrice) promptPrice = one.promptPrice;
      if (one.outputPrice > outputPrice) outputPrice = one.outputPrice;
    }
    const name = first?.modelName ?? "";
    return { modelId: this.modelId, name, contextTokens, miners: this.members.size, promptPrice, outputPrice };
  }
}
