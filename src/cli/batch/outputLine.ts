import type { WholeReply } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";

/** Which line of IN, and the id it gave itself. */
export interface LineName {
  readonly number: number;
  readonly customId: string | undefined;
}

/** The line of OUT for an answer: in OpenAI's form when the request was, else short. */
export function answerLine({ number, customId }: LineName, reply: WholeReply): Record<string, unknown> {
  if (customId !== undefined)
    return {
      id: idOf(number),
      custom_id: customId,
      response: { status_code: reply.status, request_id: reply.requestId, body: reply.body },
      error: null,
    };
  return {
    line: number,
    text: reply.text,
    finish_reason: reply.finishReason,
    model: reply.model,
    usage: {
      prompt_tokens: reply.usage.promptTokens,
      completion_tokens: reply.usage.outputTokens,
      total_tokens: reply.usage.promptTokens + reply.usage.outputTokens,
    },
    miner: reply.miner,
    cost_cor: reply.costCor,
    receipt: reply.receiptId,
  };
}

/** The line of OUT for a request that failed. */
export function errorLine({ number, customId }: LineName, error: CortensorError): Record<string, unknown> {
  const said = { code: error.code, message: error.message };
  if (customId === undefined) return { line: number, error: said };
  const { status, requestId } = error.details.data ?? {};
  const response =
    typeof status === "number" && status >= 400
      ? { status_code: status, request_id: requestId ?? null, body: { error: { ...said, param: null } } }
      : null;
  return { id: idOf(number), custom_id: customId, response, error: response === null ? said : null };
}

function idOf(number: number): string {
  return `batch_req_${number}`;
}
