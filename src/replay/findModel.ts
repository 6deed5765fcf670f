import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { demoModelFile, type HashedModel, hashModelFile, modelParts } from "../engine/modelFile.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Hex } from "../util/types.ts";

export interface ModelSearch {
  readonly modelId: Hex;
  /** As a receipt calls it. */
  readonly name: string;
  /** The models of a home. */
  readonly folder: string;
  /** The only file that is looked at, if given. */
  readonly file?: string | undefined;
  /** Other files that may be it, such as the one that miners here serve. */
  readonly more?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The GGUF file of a model id: the one that ships, or one of the home. Throws `model-missing`, naming the id. */
export async function findModel(search: ModelSearch): Promise<string> {
  const { modelId, name, folder, file, more = [], signal } = search;
  const files = file === undefined ? [demoModelFile(), ...more, ...(await modelsIn(folder))] : [file];
  const seen: [string, string][] = [];
  for (const each of new Set(files)) {
    const hashed = await hashModelFile(each, { folder, signal }).catch((error: unknown) => {
      // A file that was named must be a model; one that lies about need not.
      if (file !== undefined || signal?.aborted === true) throw error;
    });
    if (hashed?.modelId === modelId) return hashed.files[0] ?? each;
    if (hashed !== undefined) seen.push(found(each, hashed));
  }
  const where = file === undefined ? "no model here has this id" : `${basename(file)} has another id`;
  throw new CortensorError("model-missing", `the answer is of ${name}, model ${modelId}, and ${where}`, {
    why: seen,
    try: "cortensor verify RECEIPT.json --replay --model FILE.gguf",
    data: { modelId, models: seen.map(([, text]) => text) },
  });
}

function found(file: string, { modelId }: HashedModel): [string, string] {
  return ["found", `${basename(file)}, id ${modelId}`];
}

async function modelsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const models = names.filter((name) => name.toLowerCase().endsWith(".gguf")).sort();
  // Of a split model its first part stands for all.
  return models.map((name) => join(folder, name)).filter((file) => modelParts(file)[0] === file);
}
