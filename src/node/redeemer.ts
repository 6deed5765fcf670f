import type { Chain, ChainActor } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Log } from "../observability/log.ts";
import type { Session, Signed, Voucher } from "../protocol/records.ts";
import type { Clock, Hex, Startable } from "../util/types.ts";

/** A session that pays this node, and the highest voucher received on it. */
export interface Earning {
  readonly id: Hex;
  readonly session: Session;
  readonly voucher: Signed<Voucher>;
}

export interface Redeemed {
  readonly session: Hex;
  readonly amountWei: bigint;
  readonly tx: Hex;
}

export interface RedeemerOptions {
  readonly intervalMs: number;
}

export interface RedeemerDeps {
  readonly chain: Chain;
  readonly actor: ChainActor;
  readonly clock: Clock;
  readonly log: Log;
  earnings(): readonly Earning[];
}

/** A stop waits this long for the last vouchers. */
const LAST_MS = 2000;

/** Turns vouchers into balances on the chain. Safe to run at any time and to crash in: a voucher only ever pays its rest. */
export class Redeemer implements Startable {
  readonly #options: RedeemerOptions;
  readonly #deps: RedeemerDeps;
  readonly #redeemed = new Map<Hex, bigint>();
  #cancel = (): void => {};
  #running: Promise<readonly Redeemed[]> | undefined;
  #stopped = false;

  constructor(options: RedeemerOptions, deps: RedeemerDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    await this.#readStates();
    this.#schedule();
  }

  /** Redeems what is left, if the chain answers soon: vouchers are kept, and a stop is not. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancel();
    const { clock, log } = this.#deps;
    const redeemed = this.redeemAll().then(
      () => undefined,
      (error: unknown) => log.warn("vouchers wait for the next start", {}, error),
    );
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => (cancel = clock.after(LAST_MS, resolve)));
    await Promise.race([redeemed, late]);
    cancel();
  }

  /** Sum of what was redeemed on all sessions, as last seen on the chain. */
  get redeemedWei(): bigint {
    return [...this.#redeemed.values()].reduce((sum, amount) => sum + amount, 0n);
  }

  /** Redeems every voucher that is worth more than the chain has paid. One run at a time. */
  redeemAll(): Promise<readonly Redeemed[]> {
    this.#running ??= this.#redeemAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #redeemAll(): Promise<readonly Redeemed[]> {
    const { chain, actor, log } = this.#deps;
    const done: Redeemed[] = [];
    for (const { id, session, voucher } of this.#deps.earnings()) {
      const { cumulative } = voucher.record;
      if (cumulative <= (this.#redeemed.get(id) ?? 0n)) continue;
      const state = await chain.session(id);
      if (state !== undefined) this.#redeemed.set(id, state.redeemedWei);
      if (state === undefined || state.ended) continue;
      const payable = cumulative < state.depositWei ? cumulative : state.depositWei;
      if (payable <= state.redeemedWei) continue;
      const mined = await actor.redeem(session, voucher).catch(nothingNew);
      this.#redeemed.set(id, payable);
      if (mined === undefined) continue;
      const amountWei = payable - state.redeemedWei;
      log.info("voucher redeemed", { session: id, amountWei, tx: mined.hash });
      done.push({ session: id, amountWei, tx: mined.hash });
    }
    return done;
  }

  async #readStates(): Promise<void> {
    for (const { id } of this.#deps.earnings()) {
      const state = await this.#deps.chain.session(id);
      if (state !== undefined) this.#redeemed.set(id, state.redeemedWei);
    }
  }

  #schedule(): void {
    this.#cancel = this.#deps.clock.after(this.#options.intervalMs, () => {
      void this.redeemAll()
        .catch((error: unknown) => this.#deps.log.warn("redeeming waits for the chain", {}, error))
        .finally(() => {
          if (!this.#stopped) this.#schedule();
        });
    });
  }
}

/** Somebody else sent the same voucher: the money is where it belongs. */
function nothingNew(error: unknown): undefined {
  if (error instanceof CortensorError && error.details.data?.reason === "NothingNew") return undefined;
  throw error;
}
