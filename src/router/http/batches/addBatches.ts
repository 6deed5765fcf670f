import multipart from "@fastify/multipart";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { App } from "../app.ts";
import type { HttpServerDeps } from "../context.ts";
import type { HttpMetrics } from "../httpMetrics.ts";
import type { Running } from "../running.ts";
import { addBatchRoutes } from "./batchRoutes.ts";
import { addFileRoutes } from "./fileRoutes.ts";
import { FileStore } from "./fileStore.ts";
import { BATCH_LIMITS, type BatchOptions } from "./limits.ts";
import { batchSchema, isOver } from "./records.ts";
import { BatchRunner } from "./runner.ts";
import { Shelf } from "./shelf.ts";
import { SlotGate } from "./slotGate.ts";

interface Deps extends HttpServerDeps {
  readonly running: Running;
  readonly measured: HttpMetrics;
  isDraining(): boolean;
}

/** OpenAI's files and batches. Batches that were not over go on when the server listens, and stop when it closes. */
export async function addBatches(app: App, options: BatchOptions, deps: Deps): Promise<void> {
  const { folder } = options;
  const limits = { ...BATCH_LIMITS, ...options };
  const files = new FileStore({ folder, limits }, deps.clock);
  const batches = new Shelf({ folder, prefix: "batch_", schema: batchSchema });
  await files.load();
  await batches.load();
  const gate = new SlotGate({
    slots: () => deps.router.slots(),
    waiting: () => deps.running.waiting,
    isDraining: () => deps.isDraining(),
    clock: deps.clock,
  });
  const runner = new BatchRunner({ ...deps, metrics: deps.measured, files, batches, gate, maxLines: limits.lines });
  app.addHook("onListen", (done) => {
    runner.start();
    done();
  });
  app.addHook("onClose", async () => runner.close());
  await app.register(async (scope) => {
    // Files are counted as they come, so that the error says which limit it was.
    await scope.register(multipart, {
      limits: { fileSize: Number.POSITIVE_INFINITY, files: 1, fields: 10, parts: 20 },
    });
    const typed = scope.withTypeProvider<ZodTypeProvider>();
    addFileRoutes(typed, {
      files,
      isInUse: (account, id) => batches.list(account).some((batch) => batch.inputFileId === id && !isOver(batch)),
    });
    addBatchRoutes(typed, { files, batches, runner, clock: deps.clock });
  });
}
