import type { Answer } from "../../client/index.ts";
import { formatCor, parseCor } from "../../util/money.ts";

/** The line under an answer: who, how much, how fast, what it cost, and the receipt to check it with. */
export function dimLine(
  answer: Answer,
  { nameOf, between }: { readonly nameOf: (address: string) => string; readonly between: string },
): string {
  const { miner, usage, timing, costCor, receipt } = answer;
  const cost = costCor === null ? undefined : parseCor(costCor);
  const parts = [
    miner === null ? undefined : nameOf(miner),
    `${usage.outputTokens} tokens`,
    timing === null ? undefined : `${Math.round(timing.ttftMs)} ms first`,
    timing?.tokensPerSecond == null ? undefined : `${Math.round(timing.tokensPerSecond).toLocaleString("en-US")} tok/s`,
    cost === undefined ? undefined : `${formatCor(cost, "answer")} COR`,
    receipt === null ? undefined : `receipt ${String(receipt.id)}`,
  ];
  return parts.filter((part) => part !== undefined).join(` ${between} `);
}
