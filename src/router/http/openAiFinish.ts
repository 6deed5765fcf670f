import type { FinishReason } from "../../protocol/records.ts";

/**
 * An answer that its client broke off is cut short, as OpenAI's `length` says; `cortensor.finish` has the real reason. One that
 * no miner could end has a reason of its own, so that nobody takes it for whole.
 */
export function openAiFinish(finish: FinishReason): Exclude<FinishReason, "cancelled"> {
  return finish === "cancelled" ? "length" : finish;
}
