import type { Address, Hex } from "../util/types.ts";
import type { Earning } from "./redeemer.ts";

/** One payment session as a node that takes part in it tells of it, on its control socket. */
export interface SessionFacts {
  readonly id: Hex;
  readonly role: "pays" | "earns";
  readonly payer: Address;
  readonly signer: Address;
  readonly payee: Address;
  readonly recipient: Address;
  /** Block time in seconds. */
  readonly expiry: number;
  /** The highest voucher that this node signed or received, decimal wei. */
  readonly cumulative_wei: string;
}

/** What a node answers when it is asked for its sessions. */
export function sessionFacts({
  pays,
  earns,
}: {
  readonly pays: readonly Earning[];
  readonly earns: readonly Earning[];
}): { readonly schema: "cortensor.sessionFacts/1"; readonly sessions: readonly SessionFacts[] } {
  const sessions = [...pays.map((edge) => of(edge, "pays")), ...earns.map((edge) => of(edge, "earns"))];
  return { schema: "cortensor.sessionFacts/1", sessions };
}

function of({ id, session, voucher }: Earning, role: SessionFacts["role"]): SessionFacts {
  const { payer, signer, payee, recipient, expiry } = session;
  return { id, role, payer, signer, payee, recipient, expiry, cumulative_wei: voucher.record.cumulative.toString() };
}
