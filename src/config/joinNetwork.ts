import { readFile } from "node:fs/promises";
import type { NetworkPreset } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import { LOCAL, type PresetFolder } from "./presets.ts";
import { parsePreset } from "./presetSchema.ts";

const MOST_BYTES = 65_536;
const TIMEOUT_MS = 10_000;

/**
 * Reads a preset from a file or an http(s) address and keeps it. A name that stands for another network here (always so for
 * `local`) gets the first digits of the network's `Runtime` behind it. Throws `preset-invalid` and `peer-unreachable`.
 */
export async function joinNetwork(
  source: string,
  {
    presets,
    signal,
    keep = true,
  }: { readonly presets: PresetFolder; readonly signal: AbortSignal; readonly keep?: boolean },
): Promise<NetworkPreset> {
  const text = /^https?:\/\//i.test(source) ? await download(source, signal) : await readText(source);
  const preset = parsePreset(fromJson(text, source), source);
  const named = { ...preset, name: await freeName(preset, presets) };
  if (keep) await presets.write(named);
  return named;
}

async function freeName(preset: NetworkPreset, presets: PresetFolder): Promise<string> {
  const known = preset.name === LOCAL ? undefined : await presets.find(preset.name);
  const same = known === undefined || (known.runtime === preset.runtime && known.chainId === preset.chainId);
  if (preset.name !== LOCAL && same) return preset.name;
  return `${preset.name.slice(0, 33)}-${preset.runtime.slice(2, 8)}`;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EISDIR") throw error;
    const what = code === "EISDIR" ? `${file} is a folder` : `there is no file ${file}`;
    throw new CortensorError("preset-invalid", what, {
      why: [["needed", "a preset file, or an address that begins with http:// or https://"]],
      data: { from: file },
      cause: error,
    });
  }
}

function fromJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CortensorError("preset-invalid", `${source} is not a network preset`, {
      why: [["found", (error as Error).message]],
      data: { from: source },
      cause: error,
    });
  }
}

async function download(url: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return await bounded(response);
  } catch (error) {
    signal.throwIfAborted();
    throw new CortensorError("peer-unreachable", `no preset comes from ${url}`, {
      why: [["seen", reason(error)]],
      try: `curl -i ${url}`,
      data: { url },
      cause: error,
    });
  }
}

async function bounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES.toLocaleString("en")} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${TIMEOUT_MS / 1000} s`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
