import { CortensorError } from "../../errors/cortensorError.ts";
import type { Context } from "../context.ts";

export interface Spending {
  /** What will be done, label and value. */
  readonly plan: readonly (readonly [label: string, value: string])[];
  /** One sentence with the amount. */
  readonly question: string;
  readonly practice: boolean;
}

/**
 * Shows what will be spent and asks. On a practice network nothing has value, so nobody has to agree where nobody can be
 * asked. Throws `consent-needed`.
 */
export async function agree(ctx: Context, { plan, question, practice }: Spending): Promise<void> {
  for (const [label, value] of plan) ctx.note(` ${label.padEnd(8)}${value}`);
  if (practice && !ctx.canAsk) return;
  if (await ctx.confirm(question)) return;
  throw new CortensorError("consent-needed", "nothing was sent", { try: ctx.again("--yes") });
}
