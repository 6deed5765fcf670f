import type { Chain } from "../chain/interface.ts";
import type { Address, Clock, Startable } from "../util/types.ts";

const INTERVAL_MS = 15_000;

/** The native coin of a node's key, looked up now and then: a node without gas cannot redeem what it earned. */
export class GasWatch implements Startable {
  readonly #address: Address;
  readonly #deps: { readonly chain: Pick<Chain, "balance">; readonly clock: Clock };
  #wei: bigint | null = null;
  #cancel = (): void => {};
  #stopped = false;

  constructor(address: Address, deps: { readonly chain: Pick<Chain, "balance">; readonly clock: Clock }) {
    this.#address = address;
    this.#deps = deps;
  }

  /** Null while the chain does not tell. */
  get wei(): bigint | null {
    return this.#wei;
  }

  async start(): Promise<void> {
    await this.#look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const { chain, clock } = this.#deps;
    this.#wei = await chain.balance(this.#address).then(
      ({ gasWei }) => gasWei,
      () => null,
    );
    if (!this.#stopped) this.#cancel = clock.after(INTERVAL_MS, () => void this.#look());
  }
}
