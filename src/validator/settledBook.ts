import type { Chain } from "../chain/interface.ts";
import type { Log } from "../observability/log.ts";
import { nextPayout } from "../protocol/payout.ts";
import { NOTHING_SETTLED, type Settled, settledRoot } from "../protocol/settled.ts";

interface Deps {
  readonly chain: Pick<Chain, "epochRecord" | "payout" | "parameters">;
  readonly log: Log;
}

/** What the chain's records come to, epoch by epoch; worked out anew by whoever wants to know. */
export class SettledBook {
  readonly #deps: Deps;
  #newest: Settled = NOTHING_SETTLED;
  #working: Promise<unknown> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** As far as it was worked out. */
  get newest(): Settled {
    return this.#newest;
  }

  /**
   * The payouts through an epoch whose reveals are over; from the chain's records alone, so that every validator comes to
   * the same. One question at a time: a later one goes on where the one before ended.
   */
  through(epoch: number): Promise<Settled> {
    const work = this.#working.then(() => this.#through(epoch));
    this.#working = work.catch(() => undefined);
    return work;
  }

  async #through(epoch: number): Promise<Settled> {
    const { chain, log } = this.#deps;
    // An earlier one than the newest is asked for when the chain went back.
    let settled = this.#newest.epoch > epoch ? NOTHING_SETTLED : this.#newest;
    while (settled.epoch < epoch) {
      const next = settled.epoch + 1;
      settled = nextPayout(settled, await chain.epochRecord(next), chain.parameters);
      const agreed = await chain.payout(next);
      if (agreed !== undefined && agreed !== settledRoot(settled))
        log.error("payouts differ from what the validators settled", {
          epoch: next,
          own: settledRoot(settled),
          agreed,
        });
    }
    this.#newest = settled;
    return settled;
  }
}
