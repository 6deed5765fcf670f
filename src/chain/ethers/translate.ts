import { isError } from "ethers";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Address } from "../../util/types.ts";
import { rejected } from "../rejected.ts";
import { contractError } from "./contracts.ts";
import { rpcErrorOf } from "./endpoint.ts";

/** The one place where errors of ethers and of endpoints become ours. `action` is a verb, `from` who pays the gas. */
export function translate(error: unknown, { action, from }: { action: string; from?: Address }): Error {
  if (error instanceof CortensorError) return error;
  if (isError(error, "INSUFFICIENT_FUNDS")) return gasLow(action, { from, cause: error });
  if (isError(error, "CALL_EXCEPTION")) {
    const known = contractError(error.data);
    if (known !== undefined) return rejected(known.reason, { action, args: known.args, cause: error });
    const message = rpcErrorOf(error)?.message;
    if (message !== undefined && /insufficient funds/i.test(message)) return gasLow(action, { from, cause: error });
    return rejected(error.reason ?? message ?? "execution reverted", { action, cause: error });
  }
  const message = rpcErrorOf(error)?.message;
  if (message !== undefined) return rejected(message, { action, cause: error });
  return error instanceof Error ? error : new Error(String(error));
}

/** The transaction was in the pool of the endpoint before: as good as sent. */
export function isKnownTransaction(error: unknown): boolean {
  return /already (known|imported)|known transaction/i.test(rpcErrorOf(error)?.message ?? "");
}

/** Another transaction of this nonce is in a block, or waits with a higher fee. */
export function isNonceTaken(error: unknown): boolean {
  return isError(error, "NONCE_EXPIRED") || isError(error, "REPLACEMENT_UNDERPRICED");
}

function gasLow(action: string, { from, cause }: { from: Address | undefined; cause: unknown }): CortensorError {
  return new CortensorError("gas-low", `the wallet cannot pay the gas to ${action}`, {
    ...(from === undefined ? {} : { why: [["found", `wallet ${from}`]] as const }),
    try: "cortensor wallet fund",
    data: { action, address: from },
    cause,
  });
}
