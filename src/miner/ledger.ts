import { decode, encode } from "../protocol/codec.ts";
import { sessionId } from "../protocol/eip712.ts";
import type { Receipt, Session, Signed, Voucher } from "../protocol/records.ts";
import type { Store } from "../store/interface.ts";
import type { Hex } from "../util/types.ts";

/** A payment session towards this miner, with the highest voucher received on it. */
export interface IncomingSession {
  readonly id: Hex;
  readonly session: Session;
  readonly voucher: Signed<Voucher>;
}

interface OrderRow {
  readonly order: Hex;
  readonly at: number;
  readonly feeWei: string;
  readonly to: number;
}

const ORDERS = "orders";
const SESSIONS = "sessions";

/** What a miner must never forget: the orders it signed for and the vouchers it received. */
export class MinerLedger {
  readonly #store: Store;
  readonly #sessions = new Map<Hex, IncomingSession>();
  #receiptedWei = 0n;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads the store; call once, after its start. */
  load(): void {
    for (const [, value] of this.#store.scan(SESSIONS)) {
      const row = decode(value) as { session: Session; cumulative: string; signature: Hex };
      const id = sessionId(row.session);
      const record = { session: id, cumulative: BigInt(row.cumulative) };
      this.#sessions.set(id, { id, session: row.session, voucher: { record, signature: row.signature } });
    }
    for (const [, value] of this.#store.scan(ORDERS)) this.#receiptedWei += BigInt((decode(value) as OrderRow).feeWei);
  }

  /** Whether this order was taken before, in this life or an earlier one. */
  knows(orderHash: Hex): boolean {
    return this.#store.get(ORDERS, orderHash) !== undefined;
  }

  /** Resolves when the order is on disk; only then may a receipt for it be sent. */
  async recordOrder(orderHash: Hex, at: number): Promise<void> {
    await this.#store.write([this.#orderRow({ order: orderHash, at, feeWei: "0", to: 0 })]);
  }

  /** Notes the newest receipt of an order, given the fee of the one before. */
  async recordReceipt(receipt: Receipt, previousFeeWei: bigint, at: number): Promise<void> {
    this.#receiptedWei += receipt.fee - previousFeeWei;
    await this.#store.write([
      this.#orderRow({ order: receipt.order, at, feeWei: receipt.fee.toString(), to: receipt.to }),
    ]);
  }

  #orderRow(row: OrderRow): { table: string; key: string; value: Uint8Array } {
    return { table: ORDERS, key: row.order, value: encode(row) };
  }

  /**
   * Keeps a voucher if it is worth more than the one before. Resolves, once it is on disk, with what it added in wei; 0
   * for an old one.
   */
  async acceptVoucher(session: Session, voucher: Signed<Voucher>): Promise<bigint> {
    const id = voucher.record.session;
    const known = this.#sessions.get(id);
    const before = known?.voucher.record.cumulative ?? 0n;
    if (known !== undefined && voucher.record.cumulative <= before) return 0n;
    this.#sessions.set(id, { id, session, voucher });
    const row = { session, cumulative: voucher.record.cumulative, signature: voucher.signature };
    await this.#store.write([{ table: SESSIONS, key: id, value: encode(row) }]);
    return voucher.record.cumulative - before;
  }

  session(id: Hex): IncomingSession | undefined {
    return this.#sessions.get(id);
  }

  sessions(): readonly IncomingSession[] {
    return [...this.#sessions.values()];
  }

  /** Sum of the newest receipts of all orders. */
  get receiptedWei(): bigint {
    return this.#receiptedWei;
  }

  /** Sum of the highest vouchers of all sessions. */
  get vouchersWei(): bigint {
    return this.sessions().reduce((sum, { voucher }) => sum + voucher.record.cumulative, 0n);
  }
}
