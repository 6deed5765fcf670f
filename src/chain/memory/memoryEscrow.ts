import type { Recover } from "../../keys/interface.ts";
import { digest, sessionId, voucherHash } from "../../protocol/eip712.ts";
import type { Domain, Session, Signed, Voucher } from "../../protocol/records.ts";
import type { Address, Hex } from "../../util/types.ts";
import type { SessionState } from "../interface.ts";
import { rejected } from "../rejected.ts";
import type { Bank } from "./bank.ts";

/** Where the sessions' money is. */
const ESCROW: Address = `0x${"e5".repeat(20)}`;

interface Deps {
  readonly bank: Bank;
  readonly domain: Domain;
  readonly recover: Recover;
  readonly closeDelaySeconds: number;
  /** Block time in seconds. */
  now(): number;
}

interface State {
  depositWei: bigint;
  redeemedWei: bigint;
  closesAt: number;
  ended: boolean;
}

/** `SessionEscrow.sol` in memory: the same checks in the same order. */
export class MemoryEscrow {
  readonly #deps: Deps;
  readonly #states = new Map<Hex, State>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  state(id: Hex): SessionState | undefined {
    const state = this.#states.get(id);
    return state === undefined ? undefined : { ...state };
  }

  open(sender: Address, session: Session, depositWei: bigint): void {
    const action = "open the session";
    const { bank, closeDelaySeconds } = this.#deps;
    if (sender !== session.payer) throw rejected("NotPayer", { action });
    if (depositWei === 0n) throw rejected("ZeroAmount", { action });
    if (session.expiry <= this.#deps.now() + closeDelaySeconds) throw rejected("BadExpiry", { action });
    const id = sessionId(session);
    if (this.#states.has(id)) throw rejected("SessionExists", { action });
    bank.move(depositWei, { from: sender, to: ESCROW, action });
    this.#states.set(id, { depositWei, redeemedWei: 0n, closesAt: 0, ended: false });
  }

  topUp(sender: Address, session: Session, amountWei: bigint): void {
    const action = "top up the session";
    if (amountWei === 0n) throw rejected("ZeroAmount", { action });
    const { id, state } = this.#live(session, action);
    const closesAt = closing(session, state);
    if (state.closesAt !== 0 || this.#deps.now() >= closesAt) {
      throw rejected("SessionClosing", { action, args: { id, closesAt: BigInt(closesAt) } });
    }
    this.#deps.bank.move(amountWei, { from: sender, to: ESCROW, action });
    state.depositWei += amountWei;
  }

  redeem(session: Session, { record, signature }: Signed<Voucher>): void {
    const action = "redeem the voucher";
    const { id, state } = this.#live(session, action);
    const { cumulative } = record;
    this.#checkVoucher({ record: { session: id, cumulative }, signature }, { signer: session.signer, action });
    const amountWei = credit(state, cumulative);
    if (amountWei === 0n) {
      throw rejected("NothingNew", { action, args: { cumulative, redeemed: state.redeemedWei } });
    }
    this.#deps.bank.move(amountWei, { from: ESCROW, to: session.recipient, action });
  }

  settle(sender: Address, session: Session, voucher: Signed<Voucher> | undefined): void {
    const action = "settle the session";
    if (sender !== session.payee && sender !== session.recipient) throw rejected("NotPayee", { action });
    const { id, state } = this.#live(session, action);
    let amountWei = 0n;
    if (voucher !== undefined && voucher.record.cumulative > state.redeemedWei) {
      const record = { session: id, cumulative: voucher.record.cumulative };
      this.#checkVoucher({ record, signature: voucher.signature }, { signer: session.signer, action });
      amountWei = credit(state, voucher.record.cumulative);
    }
    this.#deps.bank.move(amountWei, { from: ESCROW, to: session.recipient, action });
    this.#end(session, state);
  }

  close(sender: Address, session: Session): void {
    const action = "close the session";
    if (sender !== session.payer && sender !== session.signer) throw rejected("NotPayer", { action });
    const { id, state } = this.#live(session, action);
    if (state.closesAt !== 0)
      throw rejected("SessionClosing", { action, args: { id, closesAt: BigInt(state.closesAt) } });
    state.closesAt = Math.min(this.#deps.now() + this.#deps.closeDelaySeconds, session.expiry);
  }

  withdraw(session: Session): void {
    const action = "withdraw the session's rest";
    const { id, state } = this.#live(session, action);
    const closesAt = closing(session, state);
    if (this.#deps.now() < closesAt) throw rejected("StillOpen", { action, args: { id, closesAt: BigInt(closesAt) } });
    this.#end(session, state);
  }

  #live(session: Session, action: string): { id: Hex; state: State } {
    const id = sessionId(session);
    const state = this.#states.get(id);
    if (state === undefined) throw rejected("SessionUnknown", { action });
    if (state.ended) throw rejected("SessionEnded", { action });
    return { id, state };
  }

  #checkVoucher({ record, signature }: Signed<Voucher>, { signer, action }: { signer: Address; action: string }): void {
    const { recover, domain } = this.#deps;
    const recovered = recover(digest(domain, voucherHash(record)), signature);
    if (recovered !== signer) throw rejected("BadSigner", { action, args: { recovered: recovered ?? NOBODY } });
  }

  #end(session: Session, state: State): void {
    const refundWei = state.depositWei - state.redeemedWei;
    state.ended = true;
    this.#deps.bank.move(refundWei, { from: ESCROW, to: session.payer, action: "end the session" });
  }
}

const NOBODY: Address = `0x${"00".repeat(20)}`;

function closing({ expiry }: Session, { closesAt }: State): number {
  return closesAt === 0 ? expiry : closesAt;
}

/** What the voucher adds to what was redeemed, the deposit being the limit. */
function credit(state: State, cumulativeWei: bigint): bigint {
  const coveredWei = cumulativeWei < state.depositWei ? cumulativeWei : state.depositWei;
  if (coveredWei <= state.redeemedWei) return 0n;
  const amountWei = coveredWei - state.redeemedWei;
  state.redeemedWei = coveredWei;
  return amountWei;
}
