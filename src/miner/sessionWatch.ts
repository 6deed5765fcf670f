import type { Chain, SessionState } from "../chain/interface.ts";
import type { Address, Clock, Hex } from "../util/types.ts";
import type { MinerLedger } from "./ledger.ts";
import type { Refusal } from "./orderDesk.ts";

/** How long a state read from the chain is taken as it was, at most half of the close delay. */
const FRESH_MS = 15_000;
/** A chain that takes longer is not waited for. */
const SLOW_MS = 250;

/** Knows the payment sessions of the routers, reading each again before its payer could have closed it. */
export class SessionWatch {
  readonly #chain: Chain;
  readonly #clock: Clock;
  readonly #ledger: MinerLedger;
  readonly #seen = new Map<Hex, { readonly state: SessionState; readonly at: number }>();

  readonly #reading = new Map<Hex, Promise<SessionState | undefined>>();

  constructor(deps: { readonly chain: Chain; readonly clock: Clock; readonly ledger: MinerLedger }) {
    this.#chain = deps.chain;
    this.#clock = deps.clock;
    this.#ledger = deps.ledger;
  }

  /** The session's state, at most 15 s old, or older while the chain is away; undefined when there is none. */
  async look(id: Hex): Promise<SessionState | undefined> {
    const seen = this.#seen.get(id);
    const ageMs = seen === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() - seen.at;
    if (seen !== undefined && ageMs < FRESH_MS) return seen.state;
    const reading = this.#read(id);
    const trustedMs = (this.#chain.parameters.closeDelaySeconds * 1000) / 2;
    if (seen === undefined || ageMs >= trustedMs) return await reading;
    // An order does not wait for a chain that is slow or away as long as what was seen still holds.
    let cancel = (): void => {};
    const late = new Promise<SessionState>((resolve) => {
      cancel = this.#clock.after(SLOW_MS, () => resolve(seen.state));
    });
    return await Promise.race([reading.catch(() => seen.state), late]).finally(() => cancel());
  }

  /** One reading at a time: orders that come meanwhile wait for the same. */
  #read(id: Hex): Promise<SessionState | undefined> {
    const running = this.#reading.get(id);
    if (running !== undefined) return running;
    const reading = this.#chain
      .session(id)
      .then((state) => {
        if (state !== undefined) this.#seen.set(id, { state, at: this.#clock.now() });
        return state;
      })
      .finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  /** Why work on this session would not be paid; undefined when it would. */
  async problem(id: Hex, router: Address): Promise<Refusal | undefined> {
    const refuse = (message: string): Refusal => ({ code: "session", retryable: true, message });
    const known = this.#ledger.session(id);
    if (known === undefined || known.session.signer !== router) return refuse("the order's session was not announced");
    const state = await this.look(id);
    if (state === undefined) return refuse("the order's session is not on the chain");
    if (state.ended || state.closesAt > 0) return refuse("the order's session is closing");
    if (known.voucher.record.cumulative >= state.depositWei) return refuse("the order's session has nothing left");
    return undefined;
  }
}
