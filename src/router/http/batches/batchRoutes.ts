import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Clock } from "../../../util/types.ts";
import type { App } from "../app.ts";
import { KEYED } from "../keyed.ts";
import { RequestError } from "../requestError.ts";
import { accountOf } from "./fileRoutes.ts";
import { type FileStore, newId } from "./fileStore.ts";
import { listQuerySchema, pageOf } from "./listQuery.ts";
import { batchJson, type BatchRecord, isOver } from "./records.ts";
import type { BatchRunner } from "./runner.ts";
import type { Shelf } from "./shelf.ts";

const DAY_S = 86_400;
/** More would only wait; each has its file in memory while it runs. */
const OPEN_BATCHES = 100;

const idParams = z.object({ id: z.string() });
const createSchema = z.looseObject({
  input_file_id: z.string(),
  endpoint: z.enum(["/v1/chat/completions", "/v1/completions"]),
  completion_window: z.literal("24h"),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
});

interface Deps {
  readonly files: FileStore;
  readonly batches: Shelf<BatchRecord>;
  readonly runner: BatchRunner;
  readonly clock: Clock;
}

/** OpenAI's `/v1/batches`. */
export function addBatchRoutes(app: App, deps: Deps): void {
  const { batches, runner } = deps;
  const found = (request: FastifyRequest, id: string): BatchRecord => {
    const batch = batches.get(accountOf(request), id);
    if (batch !== undefined) return batch;
    throw new RequestError("not-found", `this key has no batch ${id.slice(0, 100)}`, {
      param: "id",
      advice: "GET /v1/batches lists its batches.",
    });
  };
  app.post(
    "/v1/batches",
    { schema: { ...KEYED, summary: "Answer all lines of a file", body: createSchema } },
    (request) => {
      const record = newBatch(request, request.body, deps);
      return batches.put(accountOf(request), record).then(() => {
        runner.add(accountOf(request), record.id);
        return batchJson(record);
      });
    },
  );
  app.get(
    "/v1/batches",
    { schema: { ...KEYED, summary: "The batches of this key", querystring: listQuerySchema } },
    (request) => pageOf(batches.list(accountOf(request)), { ...request.query, show: batchJson }),
  );
  app.get("/v1/batches/:id", { schema: { ...KEYED, summary: "One batch", params: idParams } }, (request) =>
    batchJson(found(request, request.params.id)),
  );
  app.post(
    "/v1/batches/:id/cancel",
    { schema: { ...KEYED, summary: "Begin no more lines of a batch", params: idParams } },
    (request) => {
      const { id, status } = found(request, request.params.id);
      if (["completed", "failed", "expired"].includes(status))
        throw new RequestError("bad-request", `the batch is ${status} already`, {
          status: 409,
          advice: "GET /v1/batches/ID names its files.",
        });
      return runner.cancel(id).then(() => batchJson(found(request, id)));
    },
  );
}

function newBatch(
  request: FastifyRequest,
  body: z.infer<typeof createSchema>,
  { files, batches, clock }: Deps,
): BatchRecord {
  const account = accountOf(request);
  const file = files.get(account, body.input_file_id);
  if (file?.purpose !== "batch")
    throw new RequestError("bad-request", `this key has no input file ${body.input_file_id.slice(0, 100)}`, {
      param: "input_file_id",
      advice: 'Send it first: POST /v1/files with purpose "batch".',
    });
  if (batches.list(account).filter((batch) => !isOver(batch)).length >= OPEN_BATCHES)
    throw new RequestError("rate-limited", `this key has ${OPEN_BATCHES} batches that are not over`, {
      advice: "Wait for one, or cancel one.",
    });
  const createdAt = Math.floor(clock.now() / 1000);
  return {
    id: newId("batch_"),
    endpoint: body.endpoint,
    inputFileId: file.id,
    metadata: body.metadata ?? null,
    status: "validating",
    errors: [],
    counts: { total: 0, completed: 0, failed: 0 },
    createdAt,
    expiresAt: createdAt + DAY_S,
  };
}
