import type { Chain, EpochRecord, NodeRecord } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Log } from "../observability/log.ts";
import { sleep } from "../util/async.ts";
import type { Address, Clock } from "../util/types.ts";
import { type ListDeps, type ListedLeaf, type ListOf, readLeafList } from "./leafList.ts";

export interface ListerDeps extends Omit<ListDeps, "domain"> {
  readonly chain: Pick<Chain, "domain">;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Wanted {
  readonly epoch: number;
  readonly anchors: EpochRecord["anchors"];
  /** Where they are reached. */
  readonly routers: readonly NodeRecord[];
}

/** The lists of all routers that anchored an epoch. */
export interface Listed {
  readonly leaves: readonly ListedLeaf[];
  /** Routers whose list is absent, or another than they anchored. */
  readonly wrong: readonly Address[];
}

/** Reads the lists of an epoch, of all routers at once; one that does not answer is asked again until it is late. */
export class LeafLister {
  readonly #retryMs: number;
  readonly #deps: ListerDeps;

  constructor({ retryMs }: { readonly retryMs: number }, deps: ListerDeps) {
    this.#retryMs = retryMs;
    this.#deps = deps;
  }

  /** Rejects with the reason of `signal` only; after `late` it does with the lists that are there. */
  async read(
    { epoch, anchors, routers }: Wanted,
    { signal, late }: { readonly signal: AbortSignal; readonly late: AbortSignal },
  ): Promise<Listed> {
    const either = AbortSignal.any([signal, late]);
    const wrong: Address[] = [];
    const lists = anchors.map(async (anchor) => {
      const { addresses = [] } = routers.find(({ address }) => address === anchor.node) ?? {};
      const leaves = await this.#one({ epoch, anchor, router: { address: anchor.node, addresses } }, either);
      if (leaves === undefined) wrong.push(anchor.node);
      return leaves ?? [];
    });
    const leaves = (await Promise.all(lists)).flat();
    signal.throwIfAborted();
    return { leaves, wrong };
  }

  /** Undefined when there is none to be had. */
  async #one(list: ListOf, signal: AbortSignal): Promise<readonly ListedLeaf[] | undefined> {
    const { chain, clock, log } = this.#deps;
    for (;;) {
      try {
        return await readLeafList(list, { ...this.#deps, domain: chain.domain }, signal);
      } catch (error) {
        const isWrong = error instanceof CortensorError && error.code === "peer-protocol";
        if (signal.aborted || isWrong) {
          log.warn("a router does not list what it anchored", { router: list.anchor.node, epoch: list.epoch }, error);
          return undefined;
        }
      }
      // The next question is refused at once when the time is over.
      await sleep(this.#retryMs, signal, clock).catch(() => undefined);
    }
  }
}
