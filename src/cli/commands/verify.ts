import { text as readAll } from "node:stream/consumers";
import { verifyReceipt } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { recover } from "../../keys/index.ts";
import { findReceipt } from "../../node/receipts.ts";
import { readJson } from "../../util/jsonFile.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";

export const verify = defineCommand({
  about: "Checks an answer's receipt offline: every hash and signature in it. Exit 7 when it does not hold.",
  arguments: [{ name: "receipt", describe: "a file, the id of a receipt kept here, or - for a pipe", required: true }],
  examples: ["cortensor verify receipt.json", "cortensor verify r_8fa2"],
  async run(ctx, { args }) {
    const { valid, checks } = verifyReceipt(await receiptOf(ctx, args.receipt), { recover });
    ctx.result({ schema: "cortensor.verify/1", valid, checks }, () => {
      for (const { name, ok, detail } of checks) {
        const mark = ok ? ctx.look.style.ok(ctx.look.glyph.ok) : ctx.look.style.error(ctx.look.glyph.error);
        ctx.out(` ${mark} ${name.padEnd(22)}${ctx.look.style.muted(detail)}`);
      }
      const failed = checks.filter(({ ok }) => !ok).length;
      ctx.out(valid ? "The receipt holds." : `The receipt does not hold: ${failed} of ${checks.length} checks failed.`);
    });
    return valid ? 0 : 7;
  },
});

async function receiptOf(ctx: Context, source: string): Promise<unknown> {
  const value =
    source === "-"
      ? parse(await readAll(ctx.stdin))
      : /^r_[0-9a-f]{1,8}$/.test(source)
        ? await findReceipt(ctx.home, source)
        : await readJson(source);
  if (value === undefined)
    throw new CortensorError("receipt-invalid", `there is no receipt file ${source}`, {
      try: "cortensor verify RECEIPT.json",
    });
  // What `submit --json` printed holds the receipt in a field.
  const wrapped = typeof value === "object" && value !== null && "receipt" in value && "usage" in value;
  return wrapped ? value.receipt : value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CortensorError("receipt-invalid", "what was piped in is not JSON", {
      try: "cortensor verify RECEIPT.json",
      cause: error,
    });
  }
}
