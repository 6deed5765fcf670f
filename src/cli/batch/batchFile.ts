import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CortensorError } from "../../errors/cortensorError.ts";

export interface BatchFile {
  /** SHA-256 of its bytes, hexadecimal. */
  readonly hash: string;
  /** Without the empty ones; `number` counts from 1 and counts those too, as editors do. */
  readonly lines: readonly { readonly number: number; readonly text: string }[];
}

/** Throws `prompt-missing` when the file cannot be read, is no text or has no line. */
export async function readBatchFile(file: string): Promise<BatchFile> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(`the batch file ${file} cannot be read`, (error as Error).message);
  });
  const lines = textOf(bytes, file)
    .split("\n")
    .map((text, index) => ({ number: index + 1, text: text.trim() }))
    .filter(({ text }) => text !== "");
  if (lines.length === 0) throw unreadable(`the batch file ${file} has no line`, "it is empty");
  return { hash: createHash("sha256").update(bytes).digest("hex"), lines };
}

function textOf(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(`the batch file ${file} is no text`, "it is not UTF-8");
  }
}

function unreadable(message: string, seen: string): CortensorError {
  return new CortensorError("prompt-missing", message, {
    why: [["seen", seen]],
    try: "cortensor submit --batch IN.jsonl --output OUT.jsonl",
  });
}
