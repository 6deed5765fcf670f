import { type Recover, type ReceiptBundle, type ReceiptCheck, verifyReceipt } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";

export interface FormedVerdict {
  readonly valid: boolean;
  /** The form first; it is the only one of something that is no receipt. */
  readonly checks: readonly ReceiptCheck[];
  readonly bundle: ReceiptBundle | undefined;
}

/** As `verifyReceipt`, with the form as a check of its own. */
export function verdictOf(json: unknown, deps: { readonly recover: Recover }): FormedVerdict {
  try {
    const { valid, checks, bundle } = verifyReceipt(json, deps);
    return { valid, checks: [{ name: "form", ok: true, detail: bundle.schema }, ...checks], bundle };
  } catch (error) {
    if (!(error instanceof CortensorError) || error.code !== "receipt-invalid") throw error;
    const found = error.details.why?.[0]?.[1];
    const detail = found === undefined ? error.message : `${error.message}: ${found}`;
    return { valid: false, checks: [{ name: "form", ok: false, detail }], bundle: undefined };
  }
}
