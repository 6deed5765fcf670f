/** What `SessionEscrow` should do, said again in plain arithmetic. */
export interface ModelSession {
  readonly payer: string;
  readonly signer: string;
  readonly payee: string;
  readonly recipient: string;
  readonly expiry: number;
}

export interface ModelState {
  deposit: bigint;
  redeemed: bigint;
  closesAt: number;
  ended: boolean;
  /** Kept for the books only. */
  refunded: bigint;
  highestVoucher: bigint;
  endedBy: string | undefined;
}

interface Voucher {
  readonly cumulative: bigint;
  readonly voucherHolds: boolean;
}

export type Operation =
  | { readonly kind: "open" | "topUp"; readonly amount: bigint }
  | ({ readonly kind: "redeem" | "settle" } & Voucher)
  | { readonly kind: "close" | "withdraw" };

interface Call {
  readonly session: ModelSession;
  readonly state: ModelState;
  readonly from: string;
  readonly now: number;
}

/** The events of a call that goes through, or the error of one that does not. */
export type Expected = { readonly events: readonly string[] } | { readonly error: string };

export class EscrowModel {
  readonly states: ModelState[];
  /** Movements since the start. */
  readonly moved = new Map<string, bigint>();
  readonly #sessions: readonly ModelSession[];
  readonly #closeDelay: number;

  constructor(sessions: readonly ModelSession[], closeDelay: number) {
    this.#sessions = sessions;
    this.#closeDelay = closeDelay;
    this.states = sessions.map(() => ({
      deposit: 0n,
      redeemed: 0n,
      closesAt: 0,
      ended: false,
      refunded: 0n,
      highestVoucher: 0n,
      endedBy: undefined,
    }));
  }

  /** Locked in all live sessions. */
  get locked(): bigint {
    return this.states
      .filter((state) => !state.ended)
      .reduce((sum, { deposit, redeemed }) => sum + deposit - redeemed, 0n);
  }

  apply(operation: Operation, index: number, { from, now }: { from: string; now: number }): Expected {
    const call: Call = {
      session: this.#sessions[index] as ModelSession,
      state: this.states[index] as ModelState,
      from,
      now,
    };
    if (operation.kind === "open") return this.#open(call, operation.amount);
    if (operation.kind === "topUp") return this.#topUp(call, operation.amount);
    if (operation.kind === "redeem") return this.#redeem(call, operation);
    if (operation.kind === "settle") return this.#settle(call, operation);
    return operation.kind === "close" ? this.#close(call) : this.#withdraw(call);
  }

  #open({ session, state, from, now }: Call, amount: bigint): Expected {
    if (from !== session.payer) return { error: "NotPayer" };
    if (amount === 0n) return { error: "ZeroAmount" };
    if (session.expiry <= now + this.#closeDelay) return { error: "BadExpiry" };
    if (state.deposit > 0n) return { error: "SessionExists" };
    state.deposit = amount;
    this.#move(from, -amount);
    return { events: ["Opened"] };
  }

  #topUp({ session, state, from, now }: Call, amount: bigint): Expected {
    if (amount === 0n) return { error: "ZeroAmount" };
    const refusal = this.#refusal(state);
    if (refusal !== undefined) return refusal;
    if (state.closesAt > 0 || now >= session.expiry) return { error: "SessionClosing" };
    state.deposit += amount;
    this.#move(from, -amount);
    return { events: ["ToppedUp"] };
  }

  #redeem({ session, state }: Call, { cumulative, voucherHolds }: Voucher): Expected {
    const refusal = this.#refusal(state);
    if (refusal !== undefined) return refusal;
    if (!voucherHolds) return { error: "BadSigner" };
    return this.#pay(session, state, cumulative) > 0n ? { events: ["Redeemed"] } : { error: "NothingNew" };
  }

  #settle({ session, state, from }: Call, { cumulative, voucherHolds }: Voucher): Expected {
    if (from !== session.payee && from !== session.recipient) return { error: "NotPayee" };
    const refusal = this.#refusal(state);
    if (refusal !== undefined) return refusal;
    const voucherCounts = cumulative > state.redeemed;
    if (voucherCounts && !voucherHolds) return { error: "BadSigner" };
    const paid = voucherCounts && this.#pay(session, state, cumulative) > 0n;
    this.#end(session, state, from);
    return { events: paid ? ["Redeemed", "Ended"] : ["Ended"] };
  }

  #close({ session, state, from, now }: Call): Expected {
    if (from !== session.payer && from !== session.signer) return { error: "NotPayer" };
    const refusal = this.#refusal(state);
    if (refusal !== undefined) return refusal;
    if (state.closesAt > 0) return { error: "SessionClosing" };
    state.closesAt = Math.min(now + this.#closeDelay, session.expiry);
    return { events: ["Closing"] };
  }

  #withdraw({ session, state, now }: Call): Expected {
    const refusal = this.#refusal(state);
    if (refusal !== undefined) return refusal;
    if (now < (state.closesAt === 0 ? session.expiry : state.closesAt)) return { error: "StillOpen" };
    this.#end(session, state, "time");
    return { events: ["Ended"] };
  }

  #refusal(state: ModelState): { error: string } | undefined {
    if (state.deposit === 0n) return { error: "SessionUnknown" };
    return state.ended ? { error: "SessionEnded" } : undefined;
  }

  #pay(session: ModelSession, state: ModelState, cumulative: bigint): bigint {
    const covered = cumulative < state.deposit ? cumulative : state.deposit;
    const amount = covered - state.redeemed;
    if (amount <= 0n) return 0n;
    state.redeemed = covered;
    if (cumulative > state.highestVoucher) state.highestVoucher = cumulative;
    this.#move(session.recipient, amount);
    return amount;
  }

  #end(session: ModelSession, state: ModelState, by: string): void {
    state.ended = true;
    state.endedBy = by;
    state.refunded = state.deposit - state.redeemed;
    this.#move(session.payer, state.refunded);
  }

  #move(address: string, amount: bigint): void {
    this.moved.set(address, (this.moved.get(address) ?? 0n) + amount);
  }
}
