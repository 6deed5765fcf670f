import { z } from "zod";
import { errorReply } from "../errorReply.ts";
import type { InputLine } from "./batchInput.ts";
import type { LineAnswer } from "./lineAnswer.ts";

export const outcomeSchema = z.object({
  line: z.int(),
  ok: z.boolean(),
  output: z.record(z.string(), z.unknown()),
});
/** A finished line: one of the output file, or of the error file. */
export type Outcome = Readonly<z.infer<typeof outcomeSchema>>;

export function answered(batchId: string, line: InputLine, { requestId, body }: LineAnswer): Outcome {
  return outcome(batchId, line, { status: 200, requestId, body });
}

export function failed(batchId: string, line: InputLine, error: unknown): Outcome {
  const { status, body } = errorReply(error, batchId);
  return outcome(batchId, line, { status, requestId: null, body: { error: body.error } });
}

/** A line that its batch did not come to in its day. */
export function expired(batchId: string, line: InputLine): Outcome {
  const error = { code: "batch_expired", message: "the batch ended before this line was asked" };
  const output = { id: idOf(batchId, line), custom_id: line.customId, response: null, error };
  return { line: line.number, ok: false, output };
}

function outcome(
  batchId: string,
  line: InputLine,
  { status, requestId, body }: { status: number; requestId: string | null; body: object },
): Outcome {
  const response = { status_code: status, request_id: requestId, body };
  const output = { id: idOf(batchId, line), custom_id: line.customId, response, error: null };
  return { line: line.number, ok: status < 400, output };
}

function idOf(batchId: string, { number }: InputLine): string {
  return `batch_req_${batchId.slice("batch_".length)}_${number}`;
}
