import { CortensorError } from "../errors/cortensorError.ts";
import type { Decision } from "../protocol/selection.ts";
import type { Clock } from "../util/types.ts";
import type { Choice, Wanted } from "./choice.ts";
import type { MinerPool } from "./minerPool.ts";

/** Looks again at least this often, should a wake-up be missed. */
const LOOK_MS = 1000;
/** A wait that nobody minds, however short the answers are. */
const HARMLESS_MS = 500;
/** Longest wait, in usual answers: so that who is let in has its answer within twice the usual time. */
const LONGEST_WAIT = 0.75;
/** Weight of the newest answer in the usual duration. */
const NEWEST = 0.2;

export type Placed = Extract<Choice, { miner: object }> & { readonly queuedMs: number };

/**
 * Finds a free slot, or a place in the line for one. Who would have to wait longer than an answer usually takes is refused at
 * once: a queue that grows helps nobody, and a client that is told when to come back loses nothing.
 */
export class Placement {
  readonly #options: { readonly queueMs: number };
  readonly #deps: { readonly pool: MinerPool; readonly clock: Clock };
  readonly #waiting = new Map<string, number>();
  readonly #usualMs = new Map<string, number>();

  constructor(options: { readonly queueMs: number }, deps: { readonly pool: MinerPool; readonly clock: Clock }) {
    this.#options = options;
    this.#deps = deps;
  }

  /** An answer of this model took so long. */
  answered(model: string, durationMs: number): void {
    const before = this.#usualMs.get(model) ?? durationMs;
    this.#usualMs.set(model, before + (durationMs - before) * NEWEST);
  }

  /**
   * Throws `model-unserved`, `rate-limited` when the wait is too long, `no-capacity` when all miners were lost. `lost`: the
   * task had a miner before, and one that was lost may come back.
   */
  async place(wanted: Wanted, { lost, signal }: { lost: boolean; signal: AbortSignal }): Promise<Placed> {
    const { pool, clock } = this.#deps;
    const begun = clock.now();
    const at = (choice: Choice): Placed | undefined =>
      choice.miner === undefined ? undefined : { ...choice, queuedMs: clock.now() - begun };
    const first = pool.choose(wanted);
    const placed = at(first);
    if (placed !== undefined) return placed;
    if (!lost) this.#admit(wanted.model, first);
    const { model } = wanted;
    this.#count(model, 1);
    try {
      for (;;) {
        const leftMs = begun + this.#options.queueMs - clock.now();
        if (leftMs <= 0) throw this.#full(model, pool.choose(wanted));
        await pool.untilFree(Math.min(leftMs, LOOK_MS), signal, model);
        signal.throwIfAborted();
        const later = at(pool.choose(wanted));
        if (later !== undefined) return later;
      }
    } finally {
      this.#count(model, -1);
    }
  }

  #admit(model: string, choice: Choice): void {
    if (choice.miner !== undefined) return;
    if (choice.reason === "unserved") throw unserved(model, this.#deps.pool);
    if (choice.hopeless()) throw unfit(model, choice.decision);
    const usualMs = this.#usualMs.get(model);
    if (usualMs === undefined) return;
    const slots = Math.max(1, this.#deps.pool.slots().total);
    const waitMs = (((this.#waiting.get(model) ?? 0) + 1) * usualMs) / slots;
    if (waitMs > Math.min(Math.max(LONGEST_WAIT * usualMs, HARMLESS_MS), this.#options.queueMs))
      throw this.#full(model, choice);
  }

  #full(model: string, choice: Choice): CortensorError {
    const { pool } = this.#deps;
    if (choice.miner === undefined && choice.reason === "unserved")
      return new CortensorError("no-capacity", `every miner that serves ${model} was lost`, {
        try: "cortensor status",
      });
    return new CortensorError("rate-limited", `every slot for ${model} is taken`, {
      data: { retryAfterS: pool.retryAfterSeconds(model) },
    });
  }

  #count(model: string, change: number): void {
    this.#waiting.set(model, (this.#waiting.get(model) ?? 0) + change);
  }
}

/** Miners serve the model, and waiting for any of them would be in vain. */
function unfit(model: string, { passedOver }: Decision): CortensorError {
  const why = passedOver.slice(0, 4).map(({ miner, reason, needed, found }) => {
    const values = needed === undefined ? "" : `, ${needed} needed and ${found} found`;
    return ["passed", `${miner}: ${reason}${values}`] as const;
  });
  return new CortensorError("no-capacity", `no miner of ${model} fits this task`, { why, try: "cortensor status" });
}

export function unserved(model: string, pool: MinerPool): CortensorError {
  const served = pool.models().map(({ name }) => name);
  const said = served.length > 0 ? `Served: ${served.join(", ")}.` : "No miner is connected.";
  return new CortensorError("model-unserved", `nobody serves "${model}" here. ${said}`, {
    data: { model, served },
    try: served.length > 0 ? `cortensor submit ... --model ${served[0]}` : "cortensor miner start",
  });
}
