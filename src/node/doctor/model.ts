import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { demoModelFile, hashModelFile, modelParts } from "../../engine/modelFile.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { readJson } from "../../util/jsonFile.ts";
import { type Finding, findingOf, ok, skipped, warn } from "./finding.ts";
import type { Check } from "./ground.ts";
import { gigabytes } from "./machine.ts";

/** Larger ones take too long to hash for a look. */
const QUICK_BYTES = 256e6;
/** Weights, and something for context and buffers. */
const ROOM = 1.2;

/** The model file is whole and known, and fits into memory. */
export const model: Check = async ({ settings, home, facts }) => {
  if (settings instanceof CortensorError) return [skipped("model", "the settings cannot be read")];
  const { engine, model: file = demoModelFile() } = settings.engine;
  if (engine === "scripted") return [skipped("model", "the scripted engine needs none")];
  try {
    const sizeBytes = await sizeOf(file);
    const served = facts.some(({ models }) => models.length > 0);
    return [await known(file, sizeBytes, home.modelsFolder), memory(sizeBytes, process.availableMemory(), served)];
  } catch (error) {
    return [findingOf("model", error)];
  }
};

/** `served`: a miner of this home has a model in memory already. */
export function memory(modelBytes: number, freeBytes: number, served: boolean): Finding {
  const neededBytes = Math.round(modelBytes * ROOM);
  const detail = `the model needs about ${gigabytes(neededBytes)} and ${gigabytes(freeBytes)} are free`;
  if (neededBytes <= freeBytes || served) return ok("memory", served ? "the model is loaded" : detail);
  return warn("memory", detail, "cortensor help model-memory");
}

async function sizeOf(file: string): Promise<number> {
  const parts = await Promise.all(modelParts(file).map((part) => stat(part).catch(() => undefined)));
  // Words its error with what lies beside it.
  if (parts.some((part) => part === undefined)) await hashModelFile(file);
  return parts.reduce((sum, part) => sum + (part?.size ?? 0), 0);
}

async function known(file: string, sizeBytes: number, folder: string): Promise<Finding> {
  const name = `${basename(file)}, ${gigabytes(sizeBytes)}`;
  if (sizeBytes > QUICK_BYTES && !(await isRemembered(file, folder)))
    return ok("model", `${name}; its hash is worked out at the first start`);
  // With the folder a remembered hash is taken; a small model leaves no trace of this look.
  const options = sizeBytes > QUICK_BYTES ? { folder } : {};
  const { modelId } = await hashModelFile(file, options);
  return ok("model", `${name}, id ${modelId.slice(0, 10)}`);
}

async function isRemembered(file: string, folder: string): Promise<boolean> {
  const memory = await readJson(join(folder, "files.json")).catch(() => undefined);
  return typeof memory === "object" && memory !== null && modelParts(file).every((part) => part in memory);
}
