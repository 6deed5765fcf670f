import type { Chain } from "../chain/interface.ts";
import type { Address, Clock } from "../util/types.ts";

/** The registry is read at most this often: a question costs no call of the chain. */
const FRESH_MS = 10_000;

/** The registered validators, as last read. */
export class ValidatorList {
  readonly #deps: { readonly chain: Pick<Chain, "nodes">; readonly clock: Clock };
  #read: Promise<readonly { readonly address: Address; readonly since: number }[]> | undefined;
  #readAt = 0;

  constructor(deps: { readonly chain: Pick<Chain, "nodes">; readonly clock: Clock }) {
    this.#deps = deps;
  }

  /** Those that are not suspended and were registered by this epoch. Throws `rpc-unreachable`. */
  async of(epoch: number): Promise<readonly Address[]> {
    const { clock } = this.#deps;
    if (this.#read === undefined || clock.now() - this.#readAt >= FRESH_MS) {
      this.#readAt = clock.now();
      this.#read = this.#readAll().catch((error: unknown) => {
        this.#read = undefined;
        throw error;
      });
    }
    return (await this.#read).filter(({ since }) => since <= epoch).map(({ address }) => address);
  }

  async #readAll(): Promise<readonly { readonly address: Address; readonly since: number }[]> {
    const nodes = await this.#deps.chain.nodes("validator");
    return nodes.filter(({ suspended, stakeWei }) => !suspended && stakeWei > 0n);
  }
}
