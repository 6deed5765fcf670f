import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { CortensorError } from "../errors/cortensorError.ts";

/** Reads a JSON file; undefined when there is none. Throws `home-damaged`, naming the file, when it is not JSON. */
export async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw damaged(file, { reason: (error as Error).message, cause: error });
  }
}

/** The error for a file of the home that cannot be understood; the file stays as it is. */
export function damaged(file: string, { reason, cause }: { reason: string; cause?: unknown }): CortensorError {
  return new CortensorError("home-damaged", `${file} cannot be read`, {
    why: [["found", reason]],
    try: `mv ${file} ${file}.damaged`,
    data: { file },
    cause,
  });
}

/**
 * Replaces a JSON file at once: after a crash or a full disk there is the old file or the new one, never a part. Makes
 * missing folders with mode 0700.
 */
export async function writeJson(file: string, value: unknown, mode = 0o600): Promise<void> {
  await writeText(file, `${JSON.stringify(value, null, 2)}\n`, mode);
}

/** The same for any text. */
export async function writeText(file: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.${process.pid}.${randomBytes(4).toString("hex")}.part`;
  try {
    const handle = await open(part, "wx", mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
