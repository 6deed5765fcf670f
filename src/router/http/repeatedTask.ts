import { inputHash, paramsHash } from "../../protocol/hash.ts";
import { lastPart, type ReceiptBundle } from "../../protocol/receiptBundle.ts";
import type { TaskRequest } from "../task.ts";
import { RequestError } from "./requestError.ts";
import type { TaskDraft } from "./taskDraft.ts";

/**
 * The task of a request that comes again under its `idempotency-key`, also when its model is not served any more.
 * `bad-request` when the key stands for another request.
 */
export function repeatedTask(draft: TaskDraft, stored: ReceiptBundle): TaskRequest {
  const { task, model, salt, params } = stored;
  const { order } = lastPart(stored);
  const same =
    inputHash(salt, draft.input) === order.input &&
    paramsHash({ ...draft.sampling, maxTokens: draft.maxTokens ?? params.maxTokens }) === order.params &&
    draft.clientSeed === task.clientSeed &&
    [undefined, model.name, order.model].includes(draft.model);
  if (!same) {
    throw new RequestError("bad-request", "this idempotency-key belongs to another request", {
      status: 422,
      advice: "Send the same body as before, or another key.",
    });
  }
  return { ...task, model: model.name, input: stored.input, params };
}
