import type { Recover } from "../keys/interface.ts";
import { parseBundle, type ReceiptBundle, type ReceiptCheck, verifyBundle } from "../protocol/receiptBundle.ts";

/** What a receipt says and whether it holds. */
export interface Verdict {
  /** Every check holds. */
  readonly valid: boolean;
  readonly checks: readonly ReceiptCheck[];
  readonly bundle: ReceiptBundle;
}

/**
 * Checks a receipt offline, from its parsed JSON: signatures, hashes, seed, counts and fee. `recover` finds the address
 * behind a signature. `receipt-invalid` when it has not the form of a receipt.
 */
export function verifyReceipt(json: unknown, deps: { readonly recover: Recover }): Verdict {
  const bundle = parseBundle(json);
  const checks = verifyBundle(bundle, deps);
  return { valid: checks.every(({ ok }) => ok), checks, bundle };
}
