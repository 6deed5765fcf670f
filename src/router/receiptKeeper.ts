import type { AuditBook } from "../audit/auditBook.ts";
import type { Log } from "../observability/log.ts";
import { receiptHash } from "../protocol/eip712.ts";
import { orderId } from "../protocol/hash.ts";
import type { ReceiptPart } from "../protocol/receiptBundle.ts";
import type { CountersignedAnswer } from "../protocol/transcript.ts";
import type { MinerLink } from "./minerLink.ts";

interface Deps {
  readonly audit: AuditBook;
  readonly log: Log;
}

/** Remembers what this router counter-signs, and tells the miner, who may anchor it too. */
export class ReceiptKeeper {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The part as it came; it is on disk with what is settled in the same turn, or after `synced`. */
  keep(answer: CountersignedAnswer, { link }: { readonly link: MinerLink }): ReceiptPart {
    const { part } = answer;
    this.#keep(answer, link).catch((error: unknown) =>
      this.#deps.log.error("counter-signed receipt could not be kept", { task: part.order.task }, error),
    );
    return part;
  }

  /** Resolves when everything that was kept is on disk: before that no client may see the counter-signature. */
  async synced(): Promise<void> {
    await this.#deps.audit.receipts.synced();
  }

  async #keep(answer: CountersignedAnswer, link: MinerLink): Promise<void> {
    await this.#deps.audit.keep(answer);
    const { receipt, countersigned, countersignature: signature } = answer.part;
    const named = { orderId: orderId(receipt.order), receipt: receiptHash(receipt) };
    if (link.open) link.send({ type: "countersigned", ...named, ...countersigned, signature });
  }
}
