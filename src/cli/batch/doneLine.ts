import { z } from "zod";
import type { WholeReply } from "../../client/index.ts";
import type { CortensorError } from "../../errors/cortensorError.ts";
import { answerLine, errorLine, type LineName } from "./outputLine.ts";

export const doneSchema = z.object({
  line: z.int().positive(),
  failed: z.object({ code: z.string(), message: z.string() }).nullable(),
  prompt_tokens: z.number(),
  output_tokens: z.number(),
  cost_cor: z.string().nullable(),
  miner: z.string().nullable(),
  output: z.record(z.string(), z.unknown()),
});

/** A finished line: what goes to OUT, and what the summary counts. */
export type DoneLine = Readonly<z.infer<typeof doneSchema>>;
export type Tally = Omit<DoneLine, "output">;

export function answered(name: LineName, reply: WholeReply): DoneLine {
  return {
    line: name.number,
    failed: null,
    prompt_tokens: reply.usage.promptTokens,
    output_tokens: reply.usage.outputTokens,
    cost_cor: reply.costCor,
    miner: reply.miner,
    output: answerLine(name, reply),
  };
}

export function failed(name: LineName, error: CortensorError): DoneLine {
  return {
    line: name.number,
    failed: { code: error.code, message: error.message },
    prompt_tokens: 0,
    output_tokens: 0,
    cost_cor: null,
    miner: null,
    output: errorLine(name, error),
  };
}
