import type { Answer } from "../../client/index.ts";
import { keepReceipt } from "../../node/receipts.ts";
import type { Context } from "../context.ts";
import { dimLine } from "../commands/dimLine.ts";
import { nodeNames } from "../tasks/nodeNames.ts";

/** The line under the answer, with the receipt's id as `verify` takes it. */
export async function closing(ctx: Context, answer: Answer): Promise<void> {
  const { style, glyph } = ctx.notes;
  const receiptId =
    answer.receipt === null
      ? undefined
      : await keepReceipt(ctx.home, answer.receipt).catch((error: unknown) => {
          ctx.note(`${style.warn(glyph.warn)} the receipt is not kept: ${(error as Error).message}`);
          return undefined;
        });
  const nameOf = await nodeNames(ctx, glyph.cut);
  ctx.note(style.muted(dimLine(answer, { nameOf, between: glyph.between, receiptId })));
  if (answer.compared !== null) ctx.note(comparedLine(ctx, answer.compared, nameOf));
}

/** How far several miners agree; who does not is named. */
function comparedLine(
  { notes: { style, glyph } }: Context,
  { results, agreement, outliers }: NonNullable<Answer["compared"]>,
  nameOf: (address: string) => string,
): string {
  const equal = Math.round(agreement * results.length);
  const said = `${equal} of ${results.length} miners gave this answer`;
  if (outliers.length > 0) return `${style.warn(glyph.warn)} ${said}; not ${outliers.map(nameOf).join(", ")}`;
  return equal === results.length
    ? style.muted(`all ${results.length} miners gave this answer`)
    : `${style.warn(glyph.warn)} ${equal > 1 ? said : "no two miners gave the same answer"}; see --json for all of them`;
}
