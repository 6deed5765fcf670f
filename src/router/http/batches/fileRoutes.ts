import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Hex } from "../../../util/types.ts";
import type { App } from "../app.ts";
import { KEYED } from "../keyed.ts";
import { RequestError } from "../requestError.ts";
import type { FileStore } from "./fileStore.ts";
import { listQuerySchema, pageOf } from "./listQuery.ts";
import { fileJson, type FileRecord } from "./records.ts";

const idParams = z.object({ id: z.string() });

interface Deps {
  readonly files: FileStore;
  /** Whether a batch that is not over reads this file. */
  isInUse(account: Hex, fileId: string): boolean;
}

/** OpenAI's `/v1/files`, for the input and the output of batches. */
export function addFileRoutes(app: App, deps: Deps): void {
  const { files } = deps;
  const found = (request: FastifyRequest, id: string): FileRecord => {
    const file = files.get(accountOf(request), id);
    if (file !== undefined) return file;
    throw new RequestError("not-found", `this key has no file ${id.slice(0, 100)}`, {
      param: "id",
      advice: "GET /v1/files lists its files.",
    });
  };
  app.post("/v1/files", { schema: { ...KEYED, summary: "Send a file for a batch" } }, (request) =>
    upload(request, files).then(fileJson),
  );
  const query = listQuerySchema.extend({ purpose: z.string().optional() });
  app.get(
    "/v1/files",
    { schema: { ...KEYED, summary: "The files of this key", querystring: query } },
    ({ account, query: asked }) => {
      const all = account === undefined ? [] : files.list(account);
      const records = all.filter(({ purpose }) => asked.purpose === undefined || purpose === asked.purpose);
      return pageOf(records, { ...asked, show: fileJson });
    },
  );
  app.get("/v1/files/:id", { schema: { ...KEYED, summary: "One file", params: idParams } }, (request) =>
    fileJson(found(request, request.params.id)),
  );
  app.get(
    "/v1/files/:id/content",
    { schema: { ...KEYED, summary: "What a file holds", params: idParams } },
    (request, reply) => {
      const { id, bytes } = found(request, request.params.id);
      return reply
        .type("application/octet-stream")
        .header("content-length", bytes)
        .send(files.stream(accountOf(request), id));
    },
  );
  app.delete("/v1/files/:id", { schema: { ...KEYED, summary: "Delete a file", params: idParams } }, (request) => {
    const { id } = found(request, request.params.id);
    if (deps.isInUse(accountOf(request), id))
      throw new RequestError("bad-request", "a batch that is not over reads this file", {
        status: 409,
        advice: "Cancel the batch first.",
      });
    return files.remove(accountOf(request), id).then(() => ({ id, object: "file", deleted: true }));
  });
}

export function accountOf({ account }: FastifyRequest): Hex {
  if (account === undefined) throw new Error("a request without a key came through");
  return account;
}

async function upload(request: FastifyRequest, files: FileStore): Promise<FileRecord> {
  if (!request.isMultipart())
    throw new RequestError("bad-request", "a file comes as multipart/form-data", {
      status: 415,
      advice: "Send the fields purpose and file.",
    });
  const account = accountOf(request);
  let purpose: unknown;
  let file: FileRecord | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type === "field") {
        if (part.fieldname === "purpose") purpose = part.value;
      } else if (part.fieldname === "file" && file === undefined)
        file = await files.add(account, { filename: part.filename || "file", purpose: "batch", content: part.file });
      // A part that is not read holds up all that come after it.
      else part.file.resume();
    }
    if (file === undefined)
      throw new RequestError("bad-request", "the form has no file", { param: "file", advice: "Send it as file." });
    if (purpose !== "batch")
      throw new RequestError("bad-request", `files are kept for batches, not for ${JSON.stringify(purpose ?? null)}`, {
        param: "purpose",
        advice: 'Send purpose "batch".',
      });
    return file;
  } catch (error) {
    if (file !== undefined) await files.remove(account, file.id);
    throw error;
  }
}
