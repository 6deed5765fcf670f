import { z } from "zod";

export const fileSchema = z.object({
  id: z.string(),
  filename: z.string(),
  purpose: z.enum(["batch", "batch_output"]),
  bytes: z.int().min(0),
  /** Seconds since 1970, as everywhere in OpenAI's interface. */
  createdAt: z.int(),
});
export type FileRecord = Readonly<z.infer<typeof fileSchema>>;

const time = z.int().optional();
export const batchSchema = z.object({
  id: z.string(),
  endpoint: z.enum(["/v1/chat/completions", "/v1/completions"]),
  inputFileId: z.string(),
  metadata: z.record(z.string(), z.string()).nullable(),
  status: z.enum([
    "validating",
    "failed",
    "in_progress",
    "finalizing",
    "completed",
    "expired",
    "cancelling",
    "cancelled",
  ]),
  errors: z.array(z.object({ code: z.string(), message: z.string(), line: z.int().nullable() })),
  counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
  outputFileId: z.string().optional(),
  errorFileId: z.string().optional(),
  createdAt: z.int(),
  expiresAt: z.int(),
  in_progressAt: time,
  finalizingAt: time,
  completedAt: time,
  failedAt: time,
  expiredAt: time,
  cancellingAt: time,
  cancelledAt: time,
});
export type BatchRecord = Readonly<z.infer<typeof batchSchema>>;
export type Endpoint = BatchRecord["endpoint"];

/** States that a batch does not leave. */
export function isOver({ status }: BatchRecord): boolean {
  return ["completed", "failed", "expired", "cancelled"].includes(status);
}

export function fileJson({ id, filename, purpose, bytes, createdAt }: FileRecord): object {
  return { id, object: "file", bytes, created_at: createdAt, filename, purpose, status: "processed" };
}

export function batchJson(batch: BatchRecord): object {
  const { errors, counts } = batch;
  return {
    id: batch.id,
    object: "batch",
    endpoint: batch.endpoint,
    errors: errors.length === 0 ? null : { object: "list", data: errors.map((error) => ({ ...error, param: null })) },
    input_file_id: batch.inputFileId,
    completion_window: "24h",
    status: batch.status,
    output_file_id: batch.outputFileId ?? null,
    error_file_id: batch.errorFileId ?? null,
    created_at: batch.createdAt,
    in_progress_at: batch.in_progressAt ?? null,
    expires_at: batch.expiresAt,
    finalizing_at: batch.finalizingAt ?? null,
    completed_at: batch.completedAt ?? null,
    failed_at: batch.failedAt ?? null,
    expired_at: batch.expiredAt ?? null,
    cancelling_at: batch.cancellingAt ?? null,
    cancelled_at: batch.cancelledAt ?? null,
    request_counts: counts,
    metadata: batch.metadata,
  };
}
