import { readFile } from "node:fs/promises";
import { addAbortSignal, type Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { CortensorError } from "../../errors/cortensorError.ts";

export interface PromptSource {
  /** The argument; `-` is stdin. */
  readonly given: string | undefined;
  readonly file: string | undefined;
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly signal: AbortSignal;
}

/**
 * The prompt from its argument, a file or a pipe; the line end that an editor or `echo` puts behind it is no part of it.
 * Throws `prompt-missing`, and `option-value` when it is given twice.
 */
export async function promptOf({ given, file, stdin, signal }: PromptSource): Promise<string> {
  if (given !== undefined && file !== undefined)
    throw new CortensorError("option-value", "the prompt is given twice, as an argument and with --file", {
      try: `cortensor submit --file ${file}`,
      data: { option: "file", file },
    });
  const text = file === undefined ? await argumentOrPipe() : textOf(await readBytes(file), file);
  if (text.trim() !== "") return text;
  throw new CortensorError("prompt-missing", "there is no prompt", {
    why: [["why", file === undefined ? "no text given and nothing piped in" : `${file} is empty`]],
    try: 'cortensor submit "What is a dog?"',
  });

  async function argumentOrPipe(): Promise<string> {
    if (given !== undefined && given !== "-") return given;
    if (given === undefined && stdin.isTTY === true) return "";
    return textOf(await buffer(addAbortSignal(signal, stdin)), "what was piped in");
  }
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CortensorError("prompt-missing", `the prompt file ${file} cannot be read`, {
      why: [["seen", (error as Error).message]],
      try: "cortensor submit --file FILE",
      data: { file },
      cause: error,
    });
  }
}

function textOf(bytes: Buffer, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r?\n$/, "");
  } catch (error) {
    throw new CortensorError("prompt-missing", `${what} is no text`, {
      why: [["needed", "UTF-8"]],
      try: "cortensor submit --file FILE",
      cause: error,
    });
  }
}
