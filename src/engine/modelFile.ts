import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { CortensorError } from "../errors/cortensorError.ts";
import { readJson, writeJson } from "../util/jsonFile.ts";
import type { Hex } from "../util/types.ts";

/** A model as its files say. */
export interface HashedModel {
  /** SHA-256 over the sorted SHA-256 of all files. */
  readonly modelId: Hex;
  readonly sizeBytes: number;
  readonly files: readonly string[];
}

interface KnownFile {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly sha256: string;
}

/** The demonstration model that ships with the package. */
export function demoModelFile(): string {
  return createRequire(import.meta.url).resolve("cortensor/assets/models/cortensor-tiny.gguf");
}

/** The file, or all parts of a split model (`name-00001-of-00003.gguf`). */
export function modelParts(file: string): string[] {
  const split = /^(.*)-\d{5}-of-(\d{5})\.gguf$/.exec(file);
  if (split === null) return [file];
  const [, stem, count = "1"] = split;
  return Array.from(
    { length: Number(count) },
    (_, part) => `${stem}-${String(part + 1).padStart(5, "0")}-of-${count}.gguf`,
  );
}

/**
 * Hashes all files of a model. With `folder`, hashes are remembered there by path, size and time of change, as large
 * models take a minute. Throws `model-missing`, and `model-damaged` for files that are not GGUF.
 */
export async function hashModelFile(
  file: string,
  options: { folder?: string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<HashedModel> {
  const files = modelParts(resolve(file));
  const memory = options.folder === undefined ? undefined : join(options.folder, "files.json");
  const known = memory === undefined ? {} : await remembered(memory);
  const found: Record<string, KnownFile> = {};
  for (const part of files) found[part] = await hashed(part, known[part], options.signal);
  const news = files.some((part) => known[part]?.sha256 !== found[part]?.sha256);
  if (memory !== undefined && news) await writeJson(memory, { ...(await remembered(memory)), ...found });
  const parts = Object.values(found);
  const digests = parts.map(({ sha256 }) => sha256).sort();
  const modelId: Hex = `0x${createHash("sha256")
    .update(Buffer.from(digests.join(""), "hex"))
    .digest("hex")}`;
  return { modelId, sizeBytes: parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), files };
}

async function hashed(file: string, known: KnownFile | undefined, signal: AbortSignal | undefined): Promise<KnownFile> {
  const facts = await stat(file).catch(() => undefined);
  if (facts?.isFile() !== true) throw await missing(file);
  const { size: sizeBytes, mtimeMs: modifiedMs } = facts;
  if (known?.sizeBytes === sizeBytes && known.modifiedMs === modifiedMs) return known;
  await checkMagic(file, sizeBytes);
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, {
    highWaterMark: 1 << 20,
    ...(signal === undefined ? {} : { signal }),
  }))
    hash.update(chunk as Buffer);
  return { sizeBytes, modifiedMs, sha256: hash.digest("hex") };
}

async function checkMagic(file: string, sizeBytes: number): Promise<void> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    const magic = buffer.subarray(0, bytesRead).toString("latin1");
    if (magic === "GGUF") return;
    throw new CortensorError("model-damaged", `${file} is not a GGUF model.`, {
      why: [
        [
          "found",
          sizeBytes === 0 ? "an empty file" : `a file that begins with ${JSON.stringify(magic)} and not with "GGUF"`,
        ],
      ],
      data: { file },
    });
  } finally {
    await handle.close();
  }
}

async function missing(file: string): Promise<CortensorError> {
  const folder = dirname(file);
  const names = await readdir(folder).catch(() => undefined);
  const models = (names ?? []).filter((name) => name.toLowerCase().endsWith(".gguf")).sort();
  const seen =
    names === undefined
      ? `no folder ${folder}`
      : models.length === 0
        ? `no .gguf file in ${folder}`
        : `in ${folder}: ${models.join(", ")}`;
  return new CortensorError("model-missing", `There is no model file ${basename(file)}.`, {
    why: [["found", seen]],
    data: { file, models },
  });
}

/** A memory that cannot be read is only a memory: what it knew is worked out again. */
async function remembered(file: string): Promise<Record<string, KnownFile>> {
  const value = await readJson(file).catch(() => undefined);
  return typeof value === "object" && value !== null ? (value as Record<string, KnownFile>) : {};
}
