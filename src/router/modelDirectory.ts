import type { Hex } from "../util/types.ts";
import { ModelMiners } from "./modelMiners.ts";
import type { PoolEntry } from "./pooledMiner.ts";
import type { ServedModel } from "./task.ts";

/** The models that somebody serves, found by name or id without asking every miner. */
export class ModelDirectory {
  readonly #models = new Map<Hex, ModelMiners>();
  readonly #byName = new Map<string, Set<PoolEntry>>();
  #served: readonly ServedModel[] | undefined;

  add(entry: PoolEntry): void {
    for (const name of [entry.modelName, entry.modelId]) {
      const known = this.#byName.get(name) ?? new Set();
      this.#byName.set(name, known.add(entry));
    }
    const miners = this.#models.get(entry.modelId) ?? new ModelMiners(entry.modelId);
    this.#models.set(entry.modelId, miners);
    miners.add(entry);
    this.#served = undefined;
  }

  remove(entry: PoolEntry): void {
    for (const name of [entry.modelName, entry.modelId]) {
      const known = this.#byName.get(name);
      known?.delete(entry);
      if (known?.size === 0) this.#byName.delete(name);
    }
    const miners = this.#models.get(entry.modelId);
    miners?.remove(entry);
    if (miners?.members.size === 0) this.#models.delete(entry.modelId);
    this.#served = undefined;
  }

  /** By name or id; of two models with one name, the one that was served first. */
  find(name: string): ModelMiners | undefined {
    const [one] = this.#byName.get(name) ?? [];
    return one && this.#models.get(one.modelId);
  }

  of(entry: PoolEntry): ModelMiners | undefined {
    return this.#models.get(entry.modelId);
  }

  /** Worked out again only after somebody came or went. */
  get served(): readonly ServedModel[] {
    this.#served ??= [...this.#models.values()].map(({ served }) => served).filter(({ name }) => name !== "");
    return this.#served;
  }
}
