import type { SessionState } from "../../chain/interface.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { SessionFacts } from "../../node/sessionFacts.ts";
import { formatCor } from "../../util/money.ts";
import type { Address, Hex } from "../../util/types.ts";
import type { Told } from "./collectSessions.ts";

/** A payment session as `session list` and `session show` print it. What only the chain tells is null while it is away. */
export interface SessionView {
  readonly schema: "cortensor.session/1";
  readonly id: Hex;
  readonly payer: Address;
  readonly signer: Address;
  readonly payee: Address;
  readonly recipient: Address;
  /** Nodes of this home that take part, with their highest voucher. */
  readonly nodes: readonly {
    readonly name: string;
    readonly role: SessionFacts["role"];
    readonly voucher_cor: string;
  }[];
  readonly state: "open" | "closing" | "ended" | "unopened" | null;
  /** The highest voucher known here: all that is owed on the session so far. */
  readonly voucher_cor: string;
  readonly deposit_cor: string | null;
  readonly redeemed_cor: string | null;
  /** Of vouchers, not yet redeemed. */
  readonly waiting_cor: string | null;
  readonly closes_at: string | null;
  readonly expires_at: string;
}

/** One view for each session, whichever nodes tell of it. `states` is undefined while the chain is away. */
export function sessionViews(
  told: readonly Told[],
  states: ReadonlyMap<Hex, SessionState | undefined> | undefined,
): SessionView[] {
  const ids = [...new Set(told.map(({ id }) => id))];
  return ids.map((id) =>
    view(
      told.filter((one) => one.id === id),
      states,
    ),
  );
}

function view(parts: readonly Told[], states: ReadonlyMap<Hex, SessionState | undefined> | undefined): SessionView {
  const [first] = parts;
  if (first === undefined) throw new Error("a session that nobody tells of");
  const { id, payer, signer, payee, recipient, expiry } = first;
  const voucherWei = parts
    .map((part) => BigInt(part.cumulative_wei))
    .reduce((most, one) => (one > most ? one : most), 0n);
  const state = states?.get(id);
  return {
    schema: "cortensor.session/1",
    id,
    payer,
    signer,
    payee,
    recipient,
    nodes: parts.map(({ node, role, cumulative_wei }) => ({
      name: node,
      role,
      voucher_cor: formatCor(BigInt(cumulative_wei)),
    })),
    state: states === undefined ? null : stateOf(state),
    voucher_cor: formatCor(voucherWei),
    deposit_cor: state === undefined ? null : formatCor(state.depositWei),
    redeemed_cor: state === undefined ? null : formatCor(state.redeemedWei),
    waiting_cor: state === undefined ? null : formatCor(waiting(voucherWei, state)),
    closes_at: state === undefined || state.closesAt === 0 ? null : isoOf(state.closesAt),
    expires_at: isoOf(expiry),
  };
}

function stateOf(state: SessionState | undefined): SessionView["state"] {
  if (state === undefined) return "unopened";
  if (state.ended) return "ended";
  return state.closesAt === 0 ? "open" : "closing";
}

function waiting(voucherWei: bigint, { depositWei, redeemedWei, ended }: SessionState): bigint {
  const payable = voucherWei < depositWei ? voucherWei : depositWei;
  return ended || payable <= redeemedWei ? 0n : payable - redeemedWei;
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** How a session is called for short; any beginning of its id does, too. */
export function shortId(id: Hex): string {
  return `s_${id.slice(2, 10)}`;
}

/** The one session of this id or beginning of one. Throws `option-value`. */
export function findSession(word: string, views: readonly SessionView[]): SessionView {
  const start = word.toLowerCase().replace(/^(s_|0x)/, "");
  const found = /^[0-9a-f]+$/.test(start) ? views.filter(({ id }) => id.slice(2).startsWith(start)) : [];
  if (found.length === 1 && found[0] !== undefined) return found[0];
  const sentence =
    found.length > 1 ? `${found.length} sessions begin with ${word}` : `no session ${word} is known here`;
  throw new CortensorError("option-value", sentence, {
    why: [["known", (found.length > 1 ? found : views).map(({ id }) => shortId(id)).join(", ") || "none"]],
    try: "cortensor session list",
    data: { session: word },
  });
}
