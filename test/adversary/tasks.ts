import { QUESTIONS, SHARED_TEXT } from "../../src/replay/calibrate/questions.ts";
import type { TaskParams } from "../../src/protocol/records.ts";
import { type Asked, asked } from "../support/writeReceipt.ts";

/** Tasks with a long instruction before the question, the same ones in every run. */
export function tasksOf(count: number, params: Partial<TaskParams>): Asked[] {
  return Array.from({ length: count }, (_, number) => {
    const question = QUESTIONS[number % QUESTIONS.length] ?? "";
    // Every fourth: what a miner may leave out to save itself the prefill.
    return asked(question, params, { number, system: number % 4 === 0 ? SHARED_TEXT : undefined });
  });
}
