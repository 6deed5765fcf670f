import type { Answer } from "../../client/index.ts";
import { formatCor, parseCor } from "../../util/money.ts";

export interface DimLineOptions {
  readonly nameOf: (address: string) => string;
  /** Stands between two parts. */
  readonly between: string;
  /** A shorter name for the receipt, where there is one. */
  readonly receiptId?: string | undefined;
}

/** The smallest amount that five decimals show. */
const LEAST_SHOWN = 10n ** 13n;

/** The line under an answer: who, how much, how fast, what it cost, and the receipt to check it with. */
export function dimLine(answer: Answer, { nameOf, between, receiptId }: DimLineOptions): string {
  const { miner, usage, timing, costCor, receipt } = answer;
  const cost = costCor === null ? undefined : parseCor(costCor);
  const parts = [
    miner === null ? undefined : nameOf(miner),
    `${usage.outputTokens.toLocaleString("en")} ${usage.outputTokens === 1 ? "token" : "tokens"}`,
    timing === null ? undefined : `${Math.round(timing.ttftMs)} ms first`,
    timing?.tokensPerSecond == null ? undefined : `${Math.round(timing.tokensPerSecond).toLocaleString("en-US")} tok/s`,
    cost === undefined ? undefined : `${costText(cost)} COR`,
    receipt === null ? undefined : `receipt ${receiptId ?? String(receipt.id)}`,
  ];
  return parts.filter((part) => part !== undefined).join(` ${between} `);
}

/** Five decimals, and a sign for less than they can show. */
export function costText(wei: bigint): string {
  return wei > 0n && wei < LEAST_SHOWN ? "< 0.00001" : formatCor(wei, "answer");
}
