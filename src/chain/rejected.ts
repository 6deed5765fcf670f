import { CortensorError } from "../errors/cortensorError.ts";

/** What the contracts' errors mean, for people. The name stays in `data.reason`. */
const MEANING: Readonly<Record<string, string>> = {
  NotPayer: "only the session's payer may do this",
  NotPayee: "only the session's payee or recipient may do this",
  SessionExists: "a session with this content was opened before",
  SessionUnknown: "no such session was opened",
  SessionEnded: "the session has ended",
  SessionClosing: "the session is being closed",
  StillOpen: "the session has not closed yet",
  BadExpiry: "the session would expire before it could be closed",
  BadSigner: "the voucher was signed by another key than the session's signer, or for another network",
  NothingNew: "the voucher adds nothing to what was redeemed",
  ZeroAmount: "the amount is zero",
  NotOwner: "only the node's owner may do this",
  AlreadyRegistered: "a node of this address is registered",
  UnknownNode: "no such node is registered",
  BadNodeSignature: "the node's key did not agree to this owner and role",
  StakeTooLow: "the stake is below the network's minimum",
  RegistryFull: "no place is free for another node of this role",
  NotSuspended: "the node is not suspended",
  WrongPhase: "the epoch is in another phase",
  NotActive: "the node had to be registered with stake in force before the epoch began",
  AlreadyDone: "it was done for this epoch",
  ReportTooLong: "the report takes too much room",
  BadSeal: "key and payout are not those that were sealed",
  NotSettled: "the payouts of this epoch are not settled",
  BadProof: "the sum is not part of the settled payouts",
  NothingToClaim: "what was settled has been paid",
  EmissionExceeded: "more would be minted than the settled epochs allow",
  NotIdle: "the validator has reported lately",
  AddressesTooLong: "the addresses take too much room",
  NothingToWithdraw: "nothing can be withdrawn yet",
  ERC20InsufficientBalance: "the wallet has less COR than that",
  ERC20InsufficientAllowance: "the contract was not allowed to take the COR",
};

interface Refusal {
  /** As a verb: `redeem`, `register`. */
  readonly action: string;
  /** The error's values by name. */
  readonly args?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The error for what a contract refused, `reason` being the contract's error by name. */
export function rejected(reason: string, { action, args = {}, cause }: Refusal): CortensorError {
  const values = Object.entries(args).map(([name, value]) => `${name} ${String(value)}`);
  return new CortensorError("chain-rejected", `the chain refused to ${action}: ${MEANING[reason] ?? reason}`, {
    why: [["found", [reason, ...values].join(", ")]],
    data: { action, reason, args },
    cause,
  });
}
