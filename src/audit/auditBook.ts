import type { Chain } from "../chain/interface.ts";
import type { Vault } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import { leafOf } from "../protocol/leaf.ts";
import { type CountersignedAnswer, type Transcript, transcriptOf } from "../protocol/transcript.ts";
import type { Store } from "../store/interface.ts";
import type { ValuesOf } from "../util/option.ts";
import type { Clock, Hex, Startable } from "../util/types.ts";
import { AnchorService } from "./anchorService.ts";
import type { auditOptions } from "./options.ts";
import { type Anchor, ReceiptLog } from "./receiptLog.ts";
import { Retention } from "./retention.ts";
import { TranscriptBook } from "./transcriptBook.ts";

export type AuditOptions = ValuesOf<typeof auditOptions>;

export interface AuditDeps {
  readonly chain: Chain;
  readonly store: Store;
  /** Seals transcripts. */
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  anchor?(anchor: Anchor): Promise<void>;
  /** When a receipt is written; at the end of the turn by default. */
  later?(action: () => void): unknown;
}

/** What a node can be asked about the answers that it gave or brought: the same on a router and on a miner. */
export class AuditBook implements Startable {
  readonly receipts: ReceiptLog;
  readonly transcripts: TranscriptBook;
  readonly #services: readonly Startable[];

  constructor(options: AuditOptions, deps: AuditDeps) {
    const { chain, store, clock, log } = deps;
    const later = deps.later && { later: (action: () => void) => deps.later?.(action) };
    this.receipts = new ReceiptLog({ store, epoch: () => chain.epoch().epoch, ...later });
    this.transcripts = new TranscriptBook({ maxBytes: options.transcriptBytes }, deps);
    const forget = async (epoch: number): Promise<void> => {
      await this.transcripts.forgetBefore(epoch - options.transcriptEpochs);
      await this.receipts.forgetBefore(epoch - options.leafEpochs);
    };
    this.#services = [
      new AnchorService({ ...deps, receipts: this.receipts }),
      new Retention({ chain, clock, log, forget }),
    ];
  }

  async start(): Promise<void> {
    this.receipts.load();
    this.transcripts.load();
    for (const service of this.#services) await service.start();
  }

  async stop(): Promise<void> {
    for (const service of this.#services.toReversed()) await service.stop();
    await this.transcripts.idle();
    await this.receipts.synced();
  }

  /** Remembers an answer that was counter-signed; resolves with its leaf when it is on disk. */
  async keep(answer: CountersignedAnswer): Promise<Hex> {
    const { part } = answer;
    const { hash, written } = this.receipts.add({ leaf: leafOf(part), epoch: part.order.epoch }, (place) =>
      this.transcripts.rows(transcriptOf(answer), place.epoch),
    );
    await written;
    return hash;
  }

  /** What a replay of a leaf needs, as long as it is kept. */
  transcript(leaf: Hex): Transcript | undefined {
    const epoch = this.receipts.epochOf(leaf);
    return epoch === undefined ? undefined : this.transcripts.get(leaf, epoch);
  }
}
