import { decode, encode } from "../protocol/codec.ts";
import { digest, sessionId, voucherHash } from "../protocol/eip712.ts";
import type { Frame } from "../protocol/frames.ts";
import { parseBundle, type ReceiptBundle } from "../protocol/receiptBundle.ts";
import { type Domain, FINISH, type Receipt, type Session, type Signed, type Voucher } from "../protocol/records.ts";
import type { Store, Write } from "../store/interface.ts";
import type { Address, Hex } from "../util/types.ts";

/** A payment session and the highest voucher signed on it. */
export interface Edge {
  readonly id: Hex;
  readonly session: Session;
  readonly voucher: Signed<Voucher>;
}

/** What one accepted receipt changes. */
export interface Settlement {
  readonly account: Hex;
  readonly task: Hex;
  /** The session to the miner that answered. */
  readonly session: Hex;
  readonly receipt: Receipt;
  readonly at: number;
  /** Set with the last receipt of an answer. */
  readonly bundle?: ReceiptBundle;
}

export interface AccountUsage {
  readonly requests: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly chargedWei: bigint;
}

interface OrderRow {
  readonly task: Hex;
  readonly account: Hex;
  readonly session: Hex;
  readonly to: number;
  readonly finish: number;
  readonly feeWei: string;
  readonly at: number;
}

interface Deps {
  readonly store: Store;
  readonly domain: () => Domain;
  readonly marginBps: () => number;
  sign(digest: Hex): Hex;
}

const NO_USAGE: AccountUsage = { requests: 0, promptTokens: 0, outputTokens: 0, chargedWei: 0n };

/**
 * What a router must never forget: the receipts of its miners and what it owes on both edges for them. One receipt changes
 * order, both vouchers and the account's usage in one atomic write, so a crash leaves sums that add up.
 */
export class RouterLedger {
  readonly #deps: Deps;
  readonly #edges = new Map<Hex, Edge>();
  readonly #fees = new Map<Hex, bigint>();
  readonly #accounts = new Map<Hex, AccountUsage>();
  #client: Hex | undefined;
  #receiptedWei = 0n;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Reads the store; call once, after its start. */
  load(): void {
    for (const [, value] of this.#deps.store.scan("edges")) {
      const row = decode(value) as { session: Session; cumulative: string; signature: Hex };
      const id = sessionId(row.session);
      this.#edges.set(id, {
        id,
        session: row.session,
        voucher: { record: { session: id, cumulative: BigInt(row.cumulative) }, signature: row.signature },
      });
    }
    for (const [, value] of this.#deps.store.scan("orders"))
      this.#receiptedWei += BigInt((decode(value) as OrderRow).feeWei);
    for (const [key, value] of this.#deps.store.scan("accounts")) {
      const row = decode(value) as Omit<AccountUsage, "chargedWei"> & { chargedWei: string };
      this.#accounts.set(key as Hex, { ...row, chargedWei: BigInt(row.chargedWei) });
    }
  }

  /** The session that pays for API-key clients; vouchers of later answers are signed on it. */
  async useClientSession(session: Session): Promise<void> {
    this.#client = (await this.addSession(session)).id;
  }

  get clientEdge(): Edge | undefined {
    return this.#client === undefined ? undefined : this.#edges.get(this.#client);
  }

  /** Begins to keep a session, with a voucher over nothing, unless it is kept already. */
  async addSession(session: Session): Promise<Edge> {
    const id = sessionId(session);
    const known = this.#edges.get(id);
    if (known !== undefined) return known;
    const edge = this.#signed(session, 0n);
    await this.#deps.store.write([this.#raise(edge)]);
    return edge;
  }

  edge(id: Hex): Edge | undefined {
    return this.#edges.get(id);
  }

  /** Every session to this miner, in no order. */
  minerEdges(miner?: Address): readonly Edge[] {
    return [...this.#edges.values()].filter(
      ({ id, session }) =>
        id !== this.#client && session.payer === session.signer && (miner === undefined || session.payee === miner),
    );
  }

  /** What a client is charged for a fee: the fee and the router's margin, rounded down. */
  chargeOf(feeWei: bigint): bigint {
    return feeWei + (feeWei * BigInt(this.#deps.marginBps())) / 10_000n;
  }

  /** Resolves with the voucher that now pays the miner, once everything is on disk. */
  async settle(settlement: Settlement): Promise<Edge> {
    const { receipt, session, account } = settlement;
    const client = this.clientEdge;
    const edge = this.#edges.get(session);
    if (client === undefined || edge === undefined) throw new Error(`no session ${session} to settle on`);
    const before = this.#feeOf(receipt.order);
    const owed = receipt.fee - before;
    const charged = this.chargeOf(receipt.fee) - this.chargeOf(before);
    this.#fees.set(receipt.order, receipt.fee);
    this.#receiptedWei += owed;
    const paid = this.#signed(edge.session, edge.voucher.record.cumulative + owed);
    const billed = this.#signed(client.session, client.voucher.record.cumulative + charged);
    const writes = [
      this.#raise(paid),
      this.#raise(billed),
      this.#order(settlement),
      this.#use(account, { settlement, charged }),
    ];
    const { bundle, task } = settlement;
    if (bundle !== undefined) writes.push({ table: "answers", key: task, value: encode(bundle) });
    if (receipt.finish !== FINISH.growing) this.#fees.delete(receipt.order);
    await this.#deps.store.write(writes);
    return paid;
  }

  /** The answer that more than half of the replicas gave is the one that is kept. */
  async replaceAnswer(task: Hex, bundle: ReceiptBundle): Promise<void> {
    await this.#deps.store.write([{ table: "answers", key: task, value: encode(bundle) }]);
  }

  /** The finished answer of a task. */
  answer(task: Hex): ReceiptBundle | undefined {
    const bytes = this.#deps.store.get("answers", task);
    return bytes === undefined ? undefined : parseBundle(decode(bytes));
  }

  usage(account: Hex): AccountUsage {
    return this.#accounts.get(account) ?? NO_USAGE;
  }

  /** Sum over all orders of their newest receipt. */
  get receiptedWei(): bigint {
    return this.#receiptedWei;
  }

  #feeOf(order: Hex): bigint {
    const known = this.#fees.get(order);
    if (known !== undefined) return known;
    const bytes = this.#deps.store.get("orders", order);
    return bytes === undefined ? 0n : BigInt((decode(bytes) as OrderRow).feeWei);
  }

  #signed(session: Session, cumulative: bigint): Edge {
    const id = sessionId(session);
    const record = { session: id, cumulative };
    return {
      id,
      session,
      voucher: { record, signature: this.#deps.sign(digest(this.#deps.domain(), voucherHash(record))) },
    };
  }

  #raise(edge: Edge): Write {
    this.#edges.set(edge.id, edge);
    const { session, voucher } = edge;
    return {
      table: "edges",
      key: edge.id,
      value: encode({ session, cumulative: voucher.record.cumulative, signature: voucher.signature }),
    };
  }

  #order({ receipt, task, account, session, at }: Settlement): Write {
    const row: OrderRow = {
      task,
      account,
      session,
      to: receipt.to,
      finish: receipt.finish,
      feeWei: receipt.fee.toString(),
      at,
    };
    return { table: "orders", key: receipt.order, value: encode(row) };
  }

  #use(account: Hex, { settlement, charged }: { settlement: Settlement; charged: bigint }): Write {
    const before = this.usage(account);
    const ended = settlement.bundle !== undefined;
    const { receipt } = settlement;
    const after: AccountUsage = {
      requests: before.requests + (ended ? 1 : 0),
      promptTokens: before.promptTokens + (ended ? receipt.promptTokens : 0),
      outputTokens: before.outputTokens + (ended ? receipt.to - receipt.from : 0),
      chargedWei: before.chargedWei + charged,
    };
    this.#accounts.set(account, after);
    return { table: "accounts", key: account, value: encode(after) };
  }
}

/** Announces a session with the voucher that was signed last on it. */
export function payFrame(edge: Edge): Frame {
  return { type: "pay", session: edge.session, voucher: edge.voucher };
}
