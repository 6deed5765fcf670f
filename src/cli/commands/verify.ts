import { recover } from "../../keys/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { printable } from "../output/printable.ts";
import { networkOf, type ReceiptNetwork } from "../verify/networkOf.ts";
import { receiptOf } from "../verify/receiptOf.ts";
import { verdictOf } from "../verify/verdictOf.ts";

const RECEIPT_INVALID = 7;

export const verify = defineCommand({
  about: "Checks an answer's receipt offline: every hash and signature in it. Exit 7 when it does not hold.",
  arguments: [{ name: "receipt", describe: "a file, the id of a receipt kept here, or - for a pipe", required: true }],
  examples: ["cortensor verify receipt.json", "cortensor verify r_8fa2"],
  async run(ctx, { args }) {
    const found = await receiptOf({ source: args.receipt, home: ctx.home, stdin: ctx.stdin });
    const { valid, checks, bundle } = verdictOf(found, { recover });
    const network = bundle === undefined ? null : await networkOf(bundle, ctx.home.networksFolder);
    if (ctx.global.json) {
      ctx.json({ schema: "cortensor.verify/1", valid, checks, network });
      return valid ? 0 : RECEIPT_INVALID;
    }
    const { style, glyph } = ctx.look;
    for (const { name, ok, detail } of checks) {
      const mark = ok ? style.ok(glyph.ok) : style.error(glyph.error);
      ctx.out(` ${mark} ${name.padEnd(22)}${style.muted(printable(detail))}`);
    }
    if (network !== null) ctx.out(networkLine(ctx, network));
    const failed = checks.filter(({ ok }) => !ok);
    if (valid) return ctx.out(`The receipt ${bundle?.id ?? ""} holds: ${checks.length} of ${checks.length} checks.`);
    throw new CortensorError("receipt-invalid", failedText(failed.length, checks.length), {
      why: failed.map(({ name, detail }) => [name, printable(detail)] as const),
      data: { failed: failed.map(({ name }) => name) },
    });
  },
});

function failedText(failed: number, all: number): string {
  return `the receipt does not hold: ${failed} of ${all} ${all === 1 ? "check" : "checks"} failed`;
}

/** A note, no check: a receipt of a network that is not known here holds all the same. */
function networkLine({ look }: Context, { name, chain_id, runtime, known }: ReceiptNetwork): string {
  const mark = known === null ? look.style.warn(look.glyph.warn) : look.style.ok(look.glyph.ok);
  const chain = `chain ${chain_id}, runtime ${runtime}`;
  const text =
    known === null
      ? `${printable(name)}, ${chain}; no network of this home`
      : `${known.name}${known.practice ? ", practice" : ""}, ${chain}`;
  return ` ${mark} ${"network".padEnd(22)}${look.style.muted(text)}`;
}
