import { readdir, stat } from "node:fs/promises";
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
    // A file that was named must be a model; one that lies about need not.
    const hash = file === undefined ? hashUnlessDamaged : hashModelFile;
    const hashed = await hash(each, { folder, signal });
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

/**
 * The file that a person means: a path, the name of a model of the home or the one that ships, or the beginning of a model
 * id. Throws `model-missing`.
 */
export async function resolveModel(
  ref: string,
  { folder, signal }: Pick<ModelSearch, "folder" | "signal">,
): Promise<string> {
  const facts = await stat(ref).catch(() => undefined);
  if (facts?.isFile() === true) return ref;
  const files = [demoModelFile(), ...(await modelsIn(folder))];
  const named = files.find((file) => [basename(file), basename(file, ".gguf")].includes(ref));
  if (named !== undefined) return named;
  if (/^(0x)?[0-9a-f]{6,64}$/i.test(ref)) {
    const digits = ref.toLowerCase().replace(/^0x/, "");
    for (const file of files) {
      const hashed = await hashUnlessDamaged(file, { folder, signal });
      if (hashed?.modelId.slice(2).startsWith(digits)) return file;
    }
  }
  throw new CortensorError("model-missing", `there is no model ${ref}`, {
    why: [
      ["needed", "a GGUF file, the name of a model of this home, or the beginning of a model id"],
      ...files.map(nameOf),
    ],
    try: "cortensor model calibrate MODEL.gguf",
    data: { ref },
  });
}

async function hashUnlessDamaged(
  file: string,
  options: Pick<ModelSearch, "folder" | "signal">,
): Promise<HashedModel | undefined> {
  return await hashModelFile(file, options).catch((error: unknown) => {
    if (error instanceof CortensorError) return undefined;
    throw error;
  });
}

function nameOf(file: string): [string, string] {
  return ["found", basename(file, ".gguf")];
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
