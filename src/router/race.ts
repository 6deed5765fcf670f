import type { Attempt, AttemptEnd, AttemptPart } from "./attempt.ts";
import type { PooledMiner } from "./minerPool.ts";
import type { AttemptTrace } from "./trace.ts";

/** Until a second miner is looked for again. */
const HEDGE_AGAIN_MS = 100;

/** An attempt that may still give the answer. */
export interface Contender {
  readonly attempt: Attempt;
  readonly run: AsyncGenerator<AttemptPart, AttemptEnd>;
  readonly miner: PooledMiner;
  readonly trace: AttemptTrace;
}

export type First = { readonly contender: Contender; readonly next: IteratorResult<AttemptPart, AttemptEnd> };
export type Lost = { readonly contender: Contender; readonly error: unknown };

export interface HedgeTimer {
  readonly late: Promise<"late">;
  readonly cancel: () => void;
}

interface Hooks {
  /** Set off, after at least so long, when a second miner should be asked; undefined when none should. */
  timer(leastMs: number): HedgeTimer | undefined;
  /** Orders from a second miner; undefined when there is none. */
  second(): Contender | undefined;
  /** An attempt is over without a token. */
  lost(lost: Lost): void;
}

/** Resolves with who gives the first token. A second miner is asked when that is late; throws when all are lost. */
export async function race(
  lead: Contender,
  hooks: Hooks,
): Promise<{ readonly first: First; readonly losers: readonly Contender[] }> {
  const running = new Map([[lead, firstOf(lead)]]);
  let hedge = hooks.timer(0);
  try {
    for (;;) {
      const got = await Promise.race([...running.values(), ...(hedge === undefined ? [] : [hedge.late])]);
      if (got === "late") {
        const second = hooks.second();
        // Where every slot is taken now, there may be a free one soon.
        hedge = second === undefined ? hooks.timer(HEDGE_AGAIN_MS) : undefined;
        if (second !== undefined) running.set(second, firstOf(second));
        continue;
      }
      running.delete(got.contender);
      if ("next" in got) return { first: got, losers: [...running.keys()] };
      hooks.lost(got);
      if (running.size === 0) throw got.error;
    }
  } finally {
    hedge?.cancel();
  }
}

async function firstOf(contender: Contender): Promise<First | Lost> {
  try {
    return { contender, next: await contender.run.next() };
  } catch (error) {
    return { contender, error };
  }
}
