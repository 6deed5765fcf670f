import type { ReplayedPart, ReplayedReceipt } from "../../replay/replayReceipt.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Context } from "../context.ts";

/** What a replay found, a line or two a part. */
export function showReplay(ctx: Context, { parts }: ReplayedReceipt): void {
  const { style, glyph } = ctx.look;
  const marks = { pass: style.ok(glyph.ok), fail: style.error(glyph.error), inconclusive: style.warn(glyph.warn) };
  for (const [at, part] of parts.entries()) {
    const name = at === 0 ? "replay" : `replay ${at + 1}`;
    ctx.out(
      ` ${marks[part.verdict]} ${name.padEnd(22)}${style.muted(`${part.verdict}: ${part.why ?? marginText(part)}`)}`,
    );
    ctx.out(`   ${"".padEnd(22)}${style.muted(countText(part))}`);
  }
}

export function replayFailed({ parts }: ReplayedReceipt): CortensorError {
  const failed = parts.filter(({ verdict }) => verdict === "fail");
  return new CortensorError("replay-failed", "the receipt holds, and its model gives another answer", {
    why: failed.flatMap((part) => [
      [`tokens ${part.from} to ${part.to}`, part.why ?? marginText(part)] as const,
      ["miner", part.miner] as const,
    ]),
    data: { miners: failed.map(({ miner }) => miner) },
  });
}

function marginText({ verdict, limitNats = 0 }: ReplayedPart): string {
  const limit = `${limitNats.toFixed(4)} nats`;
  return verdict === "fail"
    ? `further from its model than the ${limit} of honest answers`
    : `honest answers reach ${limit}`;
}

function countText({ tokens, matches, meanMarginNats, evidenceNats, miner }: ReplayedPart): string {
  const counts = `${matches} of ${tokens} tokens match, mean margin ${meanMarginNats.toFixed(4)} nats`;
  return `${counts}, evidence ${evidenceNats.toFixed(1)} nats, miner ${miner.slice(0, 10)}`;
}
