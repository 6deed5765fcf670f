import type { Chain } from "../chain/interface.ts";
import type { Log } from "../observability/log.ts";
import { leafOf } from "../protocol/leaf.ts";
import type { ReceiptPart } from "../protocol/receiptBundle.ts";
import type { Store } from "../store/interface.ts";
import type { Hex, Startable } from "../util/types.ts";
import { AnchorService } from "./anchorService.ts";
import { type Anchor, ReceiptLog } from "./receiptLog.ts";

export interface AuditDeps {
  readonly chain: Chain;
  readonly store: Store;
  readonly log: Log;
  anchor?(anchor: Anchor): Promise<void>;
  /** When a receipt is written; at the end of the turn by default. */
  later?(action: () => void): unknown;
}

/** What a node can be asked about the answers that it gave or brought: the same on a router and on a miner. */
export class AuditBook implements Startable {
  readonly receipts: ReceiptLog;
  readonly #anchors: AnchorService;

  constructor(deps: AuditDeps) {
    const { chain, store } = deps;
    this.receipts = new ReceiptLog({
      store,
      epoch: () => chain.epoch().epoch,
      ...(deps.later !== undefined && { later: (action) => deps.later?.(action) }),
    });
    this.#anchors = new AnchorService({ ...deps, receipts: this.receipts });
  }

  async start(): Promise<void> {
    this.receipts.load();
    await this.#anchors.start();
  }

  async stop(): Promise<void> {
    await this.#anchors.stop();
    await this.receipts.synced();
  }

  /** Remembers a counter-signed receipt; resolves when it is on disk. */
  async keep(part: ReceiptPart): Promise<Hex> {
    const { hash, written } = this.receipts.add({ leaf: leafOf(part), epoch: part.order.epoch });
    await written;
    return hash;
  }
}
