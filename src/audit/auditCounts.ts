import type { Chain } from "../chain/interface.ts";
import { auditsIn } from "../protocol/payout.ts";
import type { Address } from "../util/types.ts";

type Counts = ReadonlyMap<Address, number>;

/** Draws ask about the last epochs, over and over. */
const KEPT = 4;

/** How often each miner was audited since it registered; worked out from the chain's records alone, epoch by epoch. */
export class AuditCounts {
  readonly #chain: Pick<Chain, "epochRecord">;
  readonly #through = new Map<number, Counts>();
  #working: Promise<unknown> = Promise.resolve();

  constructor(deps: { readonly chain: Pick<Chain, "epochRecord"> }) {
    this.#chain = deps.chain;
  }

  /** Of epochs up to this one, whose reveals are over. One question at a time: a later one goes on where others ended. */
  through(epoch: number): Promise<Counts> {
    const work = this.#working.then(() => this.#work(epoch));
    this.#working = work.catch(() => undefined);
    return work;
  }

  async #work(epoch: number): Promise<Counts> {
    const known = this.#through.get(epoch);
    if (known !== undefined) return known;
    let done = Math.max(-1, ...[...this.#through.keys()].filter((each) => each < epoch));
    let counts = this.#through.get(done) ?? new Map<Address, number>();
    while (done < epoch) {
      counts = await this.#next(counts, done + 1);
      done += 1;
      this.#keep(done, counts);
    }
    return counts;
  }

  /** Also what is on the way: a chain that cannot be read for a while does not begin anew. */
  #keep(epoch: number, counts: Counts): void {
    this.#through.set(epoch, counts);
    if (this.#through.size > KEPT) this.#through.delete(Math.min(...this.#through.keys()));
  }

  async #next(before: Counts, epoch: number): Promise<Counts> {
    const record = await this.#chain.epochRecord(epoch);
    const audits = auditsIn(record);
    const counts = new Map(before);
    for (const { address, since } of record.nodes) {
      // A key that has left and came again is a newcomer.
      const earlier = since === epoch ? 0 : (counts.get(address) ?? 0);
      const count = earlier + (audits.get(address) ?? 0);
      if (count > 0) counts.set(address, count);
      else counts.delete(address);
    }
    return counts;
  }
}
