import type { Chain } from "../chain/interface.ts";
import type { Log } from "../observability/log.ts";
import type { Clock, Startable } from "../util/types.ts";
import type { Anchor, ReceiptLog } from "./receiptLog.ts";
import { watchEpoch } from "./watchEpoch.ts";

/** Anchors are taken in the first tenth of the next epoch. */
const WINDOW_SHARE = 10;

export interface AnchorDeps {
  readonly chain: Pick<Chain, "epoch" | "head" | "onHead">;
  readonly receipts: ReceiptLog;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Posts one epoch's anchor. Called again at the next block when it throws, and once more when this process ends between
   * the transaction and its note here: an anchor that stands already counts as posted.
   */
  anchor?(anchor: Anchor): Promise<void>;
}

/** Closes each epoch's receipts when it is over and posts what they come to, once. An epoch without receipts is not posted. */
export class AnchorService implements Startable {
  readonly #deps: AnchorDeps;
  #stopListening = (): void => {};
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #doneTo = -1;
  #failing = false;
  /** The epoch that is to be posted, and since when. */
  #due: { readonly epoch: number; readonly atMs: number } | undefined;

  constructor(deps: AnchorDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#doneTo = this.#deps.receipts.postedTo;
    this.#stopListening = watchEpoch(this.#deps, () => this.#look());
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stopListening();
    await this.#running;
  }

  #look(): void {
    const due = this.#deps.chain.epoch().epoch - 1;
    if (this.#busy || due < 0 || due <= this.#doneTo) return;
    if (this.#due?.epoch !== due) this.#due = { epoch: due, atMs: this.#deps.clock.now() };
    this.#busy = true;
    this.#running = this.#post(due)
      .then((done) => {
        if (done) this.#doneTo = due;
        this.#failing = !done;
      })
      .finally(() => (this.#busy = false));
  }

  /** Whether nothing is left to do for this epoch. */
  async #post(epoch: number): Promise<boolean> {
    const { receipts, log } = this.#deps;
    try {
      const anchor = await receipts.close(epoch);
      if (anchor === undefined) return false;
      if (anchor.count === 0 || this.#deps.anchor === undefined) return true;
      if (!this.#inWindow(epoch)) {
        log.warn("receipts were not anchored in time", { epoch, count: anchor.count });
        return true;
      }
      await this.#deps.anchor(anchor);
      await receipts.posted(epoch);
      log.info("receipts anchored", { epoch, count: anchor.count, root: anchor.root });
      return true;
    } catch (error) {
      if (!this.#failing) log.warn("receipts could not be anchored; tries again", { epoch }, error);
      return false;
    }
  }

  #inWindow(epoch: number): boolean {
    const { chain, clock } = this.#deps;
    const { epoch: current, endsAt, epochSeconds } = chain.epoch();
    const windowSeconds = epochSeconds / WINDOW_SHARE;
    // The newest block of an idle chain is an old one.
    const lateMs = clock.now() - (this.#due?.atMs ?? 0) - windowSeconds * 1000;
    return current === epoch + 1 && lateMs < 0 && chain.head().timestamp < endsAt - epochSeconds + windowSeconds;
  }
}
