import { randomBytes } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { CortensorError } from "../errors/cortensorError.ts";

const LONGEST = 4096;

/** A password with 256 bits of randomness, for a key that must open unattended. */
export function generatedPassword(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * The password in a file: its text without one line end. Throws config-invalid when others may read the file, when it is
 * missing, empty or longer than 4096 bytes.
 */
export async function readPasswordFile(path: string): Promise<string> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (cause) {
    throw invalid(path, "cannot be read", { why: (cause as Error).message, cause });
  }
  try {
    return await passwordIn(file, path);
  } finally {
    await file.close();
  }
}

// Mode and content are of the one open file, so that nobody can put another in its place between the two.
async function passwordIn(file: FileHandle, path: string): Promise<string> {
  const { mode, size } = await file.stat();
  // Windows has no such modes; its files are private to the user's profile.
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, "0");
    throw invalid(path, "can be read by other users", {
      why: `its mode is ${shown}, 0600 is needed`,
      try: `chmod 600 ${quoted(path)}`,
    });
  }
  if (size > LONGEST)
    throw invalid(path, "is too long for a password", { why: `${size} bytes, the most is ${LONGEST}` });
  const password = (await contentOf(file, path)).replace(/\r?\n$/, "");
  if (password === "") throw invalid(path, "is empty", { why: "its first line is the password" });
  return password;
}

async function contentOf(file: FileHandle, path: string): Promise<string> {
  try {
    return await file.readFile("utf8");
  } catch (cause) {
    throw invalid(path, "cannot be read", { why: (cause as Error).message, cause });
  }
}

function invalid(path: string, what: string, more: { why: string; try?: string; cause?: unknown }): CortensorError {
  return new CortensorError("config-invalid", `the password file ${path} ${what}`, {
    why: [["why", more.why]],
    ...(more.try === undefined ? {} : { try: more.try }),
    ...(more.cause === undefined ? {} : { cause: more.cause }),
    data: { file: path },
  });
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
