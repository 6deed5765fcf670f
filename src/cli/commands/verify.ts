import type { ReplayedReceipt } from "../../replay/replayReceipt.ts";
import { engineOptions } from "../../engine/options.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { recover } from "../../keys/index.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { pick } from "../flag.ts";
import { printable } from "../output/printable.ts";
import { networkOf, type ReceiptNetwork } from "../verify/networkOf.ts";
import { receiptOf } from "../verify/receiptOf.ts";
import { replayFailed, showReplay } from "../verify/replayLines.ts";
import { type FormedVerdict, verdictOf } from "../verify/verdictOf.ts";

const RECEIPT_INVALID = 7;

export const verify = defineCommand({
  about:
    "Checks an answer's receipt offline: every hash and signature in it. Exit 7 when it does not hold. With --replay also " +
    "whether its model gives that answer: the prompt and the answer go through the model once, and the verdict is fail " +
    "when the answer is further from it than honest ones are.",
  arguments: [{ name: "receipt", describe: "a file, the id of a receipt kept here, or - for a pipe", required: true }],
  sections: [
    {
      title: "Replay",
      flags: {
        replay: { type: "boolean", default: false, describe: "repeat the answer with the model" },
        model: {
          type: "string",
          default: undefined,
          value: "FILE",
          describe: "the model's GGUF file; without it the one that ships, or one of this home",
        },
      },
    },
    { title: "Engine", module: "engine", flags: pick(engineOptions, ["threads"]) },
  ],
  examples: ["cortensor verify receipt.json", "cortensor verify r_8fa2 --replay"],
  async run(ctx, { args, options }) {
    if (options.model !== undefined && !options.replay)
      throw new CortensorError("argument-missing", "--model is the model to repeat the answer with", {
        try: ctx.again("--replay"),
      });
    const found = await receiptOf({ source: args.receipt, home: ctx.home, stdin: ctx.stdin });
    const verdict = verdictOf(found, { recover });
    const { bundle, valid } = verdict;
    const network = bundle === undefined ? null : await networkOf(bundle, ctx.home.networksFolder);
    if (!ctx.global.json) showChecks(ctx, verdict, network);
    // An answer whose hashes do not hold is nobody's.
    const repeat = options.replay && valid && bundle !== undefined;
    const { replayOf, replayRecord } = await import("../verify/replayOf.ts");
    const asked = { file: options.model, threads: options.threads };
    const replayed = repeat ? await replayOf(ctx, { bundle, ...asked }) : undefined;
    if (ctx.global.json) {
      const replay = replayed === undefined ? null : replayRecord(replayed);
      const checked = { schema: "cortensor.verify/1", valid, checks: verdict.checks, network };
      ctx.json(options.replay ? { ...checked, replay } : checked);
      return valid && replayed?.verdict !== "fail" ? 0 : RECEIPT_INVALID;
    }
    return conclude(ctx, verdict, replayed);
  },
});

function conclude(ctx: Context, { valid, checks, bundle }: FormedVerdict, replayed: ReplayedReceipt | undefined): void {
  const failed = checks.filter(({ ok }) => !ok);
  if (!valid)
    throw new CortensorError("receipt-invalid", failedText(failed.length, checks.length), {
      why: failed.map(({ name, detail }) => [name, printable(detail)] as const),
      data: { failed: failed.map(({ name }) => name) },
    });
  if (replayed !== undefined) showReplay(ctx, replayed);
  if (replayed?.verdict === "fail") throw replayFailed(replayed);
  ctx.out(`The receipt ${bundle?.id ?? ""} holds: ${checks.length} of ${checks.length} checks.`);
  if (replayed?.verdict === "pass") ctx.out("Its model gives this answer to this prompt.");
  if (replayed?.verdict === "inconclusive") ctx.out("Whether its model gave this answer cannot be told from it alone.");
}

function showChecks(ctx: Context, { checks }: FormedVerdict, network: ReceiptNetwork | null): void {
  const { style, glyph } = ctx.look;
  for (const { name, ok, detail } of checks) {
    const mark = ok ? style.ok(glyph.ok) : style.error(glyph.error);
    ctx.out(` ${mark} ${name.padEnd(22)}${style.muted(printable(detail))}`);
  }
  if (network !== null) ctx.out(networkLine(ctx, network));
}

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
