import { MAX_AUDITS, MAX_HALF_CLASS, type Observation, type Report } from "../protocol/report.ts";

interface Page {
  readonly nodes: Map<number, Observation>;
  readonly replays: Map<number, number>;
}

const NOTHING: Observation = { fails: 0, passes: 0, forfeits: false };

/** Epochs whose notes are kept: the running one, the one that is reported, and one more for a chain that went back. */
const KEPT_EPOCHS = 4;

/** What one validator saw, by epoch and by the node's index in the registry. It is all that a validator can lose. */
export class Notebook {
  readonly #pages = new Map<number, Page>();

  /** Whether the node answered a check. One that answered once in the epoch has answered. */
  answered(epoch: number, index: number, answered: boolean): void {
    this.#change(epoch, index, (before) => ({ ...before, answered: answered || before.answered === true }));
  }

  /** The class that a check measured, in halves from 0 to 20; the best of several counts. */
  measured(epoch: number, index: number, halfClass: number): void {
    const value = Math.min(MAX_HALF_CLASS, Math.max(0, Math.floor(halfClass)));
    this.#change(epoch, index, (before) => ({ ...before, halfClass: Math.max(value, before.halfClass ?? 0) }));
  }

  audited(epoch: number, index: number, verdict: "pass" | "fail"): void {
    this.#change(epoch, index, (before) => ({
      ...before,
      passes: Math.min(MAX_AUDITS, before.passes + (verdict === "pass" ? 1 : 0)),
      fails: Math.min(MAX_AUDITS, before.fails + (verdict === "fail" ? 1 : 0)),
    }));
  }

  /** Evidence that the node earns nothing in this epoch. */
  forfeits(epoch: number, index: number): void {
    this.#change(epoch, index, (before) => ({ ...before, forfeits: true }));
  }

  /** The mean log-probability of the output of the drawn leaf at this place, negated, in 1/256 nat. */
  replayed(epoch: number, leafAt: number, value: number): void {
    this.#page(epoch).replays.set(leafAt, Math.max(0, Math.round(value)));
  }

  /** What can be reported of an epoch: nothing of nodes that were not looked at. */
  report(epoch: number): Report {
    const { nodes, replays } = this.#pages.get(epoch) ?? { nodes: new Map<number, never>(), replays: new Map() };
    return { nodes: listOf(nodes), replays: listOf(replays), proofs: new Uint8Array() };
  }

  /** How many nodes were looked at. */
  seen(epoch: number): number {
    return this.#pages.get(epoch)?.nodes.size ?? 0;
  }

  #change(epoch: number, index: number, change: (before: Observation) => Observation): void {
    const { nodes } = this.#page(epoch);
    nodes.set(index, change(nodes.get(index) ?? NOTHING));
  }

  #page(epoch: number): Page {
    const known = this.#pages.get(epoch);
    if (known !== undefined) return known;
    const page: Page = { nodes: new Map(), replays: new Map() };
    this.#pages.set(epoch, page);
    for (const old of this.#pages.keys()) if (old < epoch - KEPT_EPOCHS) this.#pages.delete(old);
    return page;
  }
}

function listOf<T>(values: ReadonlyMap<number, T>): (T | undefined)[] {
  const length = Math.max(-1, ...values.keys()) + 1;
  return Array.from({ length }, (_, at) => values.get(at));
}
