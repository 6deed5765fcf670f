import { CortensorError } from "../errors/cortensorError.ts";
import type { Recover } from "../keys/interface.ts";
import { digest, countersignedHash, receiptHash } from "../protocol/eip712.ts";
import type { Frame } from "../protocol/frames.ts";
import { orderId } from "../protocol/hash.ts";
import type { CountersignedAnswer } from "../protocol/transcript.ts";
import type { Domain, Receipt, Signed, TaskInput } from "../protocol/records.ts";
import type { Hex } from "../util/types.ts";
import type { OrderFrame } from "./orderDesk.ts";

interface Waiting {
  readonly frame: OrderFrame;
  readonly receipts: Map<Hex, Signed<Receipt>>;
  /** Grows with the answer. */
  readonly ids: readonly number[];
  readonly bytes: number;
}

/** Orders that end without a counter-signature, as after a hedge, wait until they are the oldest of so many. */
const MOST_ORDERS = 4096;
const MOST_BYTES = 64 * 1_048_576;

/** Receipts that this miner signed and whose counter-signature has not come yet. */
export class SignedReceipts {
  readonly #waiting = new Map<Hex, Waiting>();
  #bytes = 0;

  /** Notes a receipt. `ids` are all output ids of the order, and may still grow. */
  add({ frame, receipt, ids }: { frame: OrderFrame; receipt: Signed<Receipt>; ids: readonly number[] }): void {
    const id = orderId(receipt.record.order);
    const known = this.#waiting.get(id);
    const waiting = known ?? { frame, receipts: new Map(), ids, bytes: charactersOf(frame.input) };
    waiting.receipts.set(receiptHash(receipt.record), receipt);
    if (known !== undefined) return;
    this.#waiting.set(id, waiting);
    this.#bytes += waiting.bytes;
    this.#dropOldest();
  }

  /**
   * The answer that a router counter-signed; undefined for one that is not waited for. Throws `peer-protocol` when the
   * router signed something else.
   */
  take(
    frame: Extract<Frame, { type: "countersigned" }>,
    { domain, recover }: { readonly domain: Domain; readonly recover: Recover },
  ): CountersignedAnswer | undefined {
    const waiting = this.#waiting.get(frame.orderId);
    const receipt = waiting?.receipts.get(frame.receipt);
    if (waiting === undefined || receipt === undefined) return undefined;
    const { order, signature: orderSignature } = waiting.frame;
    const countersigned = { ttftMs: frame.ttftMs, durationMs: frame.durationMs };
    const hash = countersignedHash({ receipt: frame.receipt, ...countersigned });
    if (recover(digest(domain, hash), frame.signature) !== order.router)
      throw new CortensorError("peer-protocol", `${order.router} did not sign its measurements`);
    this.#drop(frame.orderId, waiting);
    const { record, signature: receiptSignature } = receipt;
    return {
      part: {
        order,
        orderSignature,
        receipt: record,
        receiptSignature,
        countersigned,
        countersignature: frame.signature,
      },
      frame: waiting.frame,
      ids: waiting.ids.slice(0, record.to - record.from),
    };
  }

  #dropOldest(): void {
    for (const [id, waiting] of this.#waiting) {
      if (this.#waiting.size <= MOST_ORDERS && (this.#bytes <= MOST_BYTES || this.#waiting.size === 1)) return;
      this.#drop(id, waiting);
    }
  }

  #drop(id: Hex, { bytes }: Waiting): void {
    this.#waiting.delete(id);
    this.#bytes -= bytes;
  }
}

function charactersOf(input: TaskInput): number {
  if (input.kind === "text") return input.text.length;
  return input.messages.reduce((sum, { content }) => sum + content.length, 0);
}
