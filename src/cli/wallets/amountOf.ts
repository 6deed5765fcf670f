import { CortensorError } from "../../errors/cortensorError.ts";
import { parseCor } from "../../util/money.ts";

/** Wei of an amount on the command line. Throws `option-value`. */
export function amountOf(what: string, text: string): bigint {
  const wei = parseCor(text);
  if (wei !== undefined) return wei;
  throw new CortensorError("option-value", `${what} is an amount such as 1.5, not ${text}`, {
    why: [["needed", "digits, with at most 18 behind the point"]],
    data: { option: what, value: text },
  });
}
