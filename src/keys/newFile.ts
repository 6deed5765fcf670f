import { randomBytes } from "node:crypto";
import { link, open, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a private file (mode 0600) that does not exist yet: after a crash at any instant the whole file is there or
 * nothing under its name. Rejects with EEXIST when the name is taken, also by another process at the same time.
 */
export async function writeNewFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  const file = await open(temporary, "wx", 0o600);
  try {
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // A rename would replace a file of this name; a link refuses to.
    await link(temporary, path);
  } finally {
    await unlink(temporary);
  }
  await syncFolder(folder);
}

/** Makes the new name durable. Windows neither needs this nor can open folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
