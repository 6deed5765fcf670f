import type { Answer } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { submitJson } from "../commands/submitJson.ts";
import type { Context } from "../context.ts";
import { formatCor, parseCor } from "../../util/money.ts";
import { ask, type Ask } from "./ask.ts";

/** `--n`: so many answers to one prompt, at once. With a seed each choice has its own, counted up from the one given. */
export async function askChoices(ctx: Context, request: Ask, count: number): Promise<readonly Answer[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stop.signal]);
  const { seed } = request.request;
  const choice = async (index: number): Promise<Answer> => {
    const own = seed === undefined ? request.request : { ...request.request, seed: seed + index };
    return await ask({ ...ctx, signal }, { ...request, request: own, streamed: false });
  };
  try {
    return await Promise.all(Array.from({ length: count }, (_, index) => choice(index)));
  } finally {
    // When one fails, nobody reads the others.
    stop.abort();
  }
}

/** The record of the first answer, with all of them as choices and what they took together. */
export function choicesJson(answers: readonly Answer[]): Record<string, unknown> {
  const [first] = answers;
  if (first === undefined) throw new Error("there are no choices");
  const sum = (field: keyof Answer["usage"]): number => answers.reduce((all, { usage }) => all + usage[field], 0);
  const usage = { promptTokens: sum("promptTokens"), outputTokens: sum("outputTokens") };
  const costs = answers.map(({ costCor }) => (costCor === null ? undefined : parseCor(costCor)));
  const known = costs.every((cost) => cost !== undefined);
  const whole = {
    ...first,
    usage,
    attempts: answers.flatMap(({ attempts }) => attempts),
    costCor: known ? formatCor(costs.reduce((all, cost) => all + cost, 0n)) : null,
  };
  return {
    ...submitJson(whole),
    miners: [...new Set(answers.flatMap(({ miner }) => miner ?? []))],
    choices: answers.map(({ text, miner, finishReason, costCor, receipt }, index) => ({
      index,
      text,
      miner,
      finish_reason: finishReason,
      cost_cor: costCor,
      receipt,
    })),
  };
}

/** A file holds one receipt, and `--json` has all. */
export function checkChoices({ n, receipt }: { readonly n: number; readonly receipt: string | undefined }): void {
  if (n === 1 || receipt === undefined) return;
  throw new CortensorError("option-value", "--receipt takes one answer, and --n asks for several", {
    why: [["needed", "--json has the receipt of every choice"]],
    data: { option: "receipt" },
  });
}
