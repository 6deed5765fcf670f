import { type Answer, verifyReceipt } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { recover } from "../../keys/index.ts";
import { printable } from "../output/printable.ts";

/** Throws when the answer is not whole, or its receipt does not hold. All of it is out and kept by then. */
export function checkEnd(answer: Answer): void {
  checkReceipt(answer);
  if (answer.finishReason === "error") throw brokenOff(answer);
  if (answer.finishReason === "cancelled") throw cancelled(answer);
}

/** What was paid is what was shown, and both miner and router have signed for it. */
function checkReceipt({ receipt, text, compared }: Answer): void {
  if (receipt === null) return;
  const { checks, bundle } = verifyReceipt(receipt, { recover });
  // With several miners the receipt is that of the majority, which may not be the answer that was shown live.
  const shown = compared !== null || bundle.text === text.toWellFormed();
  const failed = checks.filter(({ ok }) => !ok).map(({ name, detail }) => [name, printable(detail)] as const);
  if (failed.length === 0 && shown) return;
  throw new CortensorError("receipt-invalid", "the receipt of this answer does not hold", {
    why: shown ? failed : [...failed, ["text", "the receipt has another text than the answer"] as const],
    try: `cortensor verify ${bundle.id}`,
    data: { receipt: bundle.id },
  });
}

/** Everything that came is out and kept; a script must not take it for the whole answer. */
function brokenOff({ usage }: Answer): CortensorError {
  return new CortensorError("task-failed", `the answer broke off after ${usage.outputTokens} tokens`, {
    why: [["why", "no other miner could go on with it; only what was receipted is billed"]],
    try: "cortensor status",
    data: { emitted: usage.outputTokens },
  });
}

/** Not by us, who would have gone without waiting for the end. */
function cancelled({ usage }: Answer): CortensorError {
  return new CortensorError("task-cancelled", `the answer was cancelled after ${usage.outputTokens} tokens`, {
    why: [["why", "somebody ran cortensor task cancel, or the router's time for it was over"]],
    try: "cortensor task explain --last",
    data: { emitted: usage.outputTokens },
  });
}
