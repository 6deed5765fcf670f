import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CortensorError } from "../errors/cortensorError.ts";
import { readJson, writeJson } from "../util/jsonFile.ts";
import type { Home } from "./home.ts";

/** A client's means of complaint is an epoch long; this many are far more. */
const KEPT = 500;
const FILE = /^(r_[0-9a-f]{8})\.json$/;
const LEAST_DIGITS = 4;

/** An id of a receipt, or the beginning of one. */
export const RECEIPT_ID = /^r_[0-9a-f]{1,8}$/;

/** Keeps a receipt in the home, under its id, and forgets the oldest. Gives the shortest name it can be asked for by. */
export async function keepReceipt(home: Home, receipt: Readonly<Record<string, unknown>>): Promise<string> {
  const id = String(receipt.id);
  // It came from a router, and is about to name a file.
  if (!FILE.test(`${id}.json`))
    throw new CortensorError("receipt-invalid", "the receipt has no id that a receipt can have", { data: { id } });
  await writeJson(join(folderOf(home), `${id}.json`), receipt);
  const ids = await keptIds(home);
  if (ids.length > KEPT) await forgetOldest(home, ids);
  return shortest(id, ids);
}

/** A kept receipt by its id or the beginning of it. Throws `receipt-missing` when there is none or several. */
export async function findReceipt(home: Home, id: string): Promise<unknown> {
  const found = (await keptIds(home)).filter((kept) => kept.startsWith(id));
  const [one, another] = found;
  const receipt =
    one === undefined || another !== undefined ? undefined : await readJson(join(folderOf(home), `${one}.json`));
  if (receipt !== undefined) return receipt;
  const what = another === undefined ? "no receipt" : `${found.length} receipts`;
  throw new CortensorError("receipt-missing", `this home keeps ${what} whose id begins with ${id}`, {
    why:
      another === undefined
        ? [["why", `the newest ${KEPT} answers are kept, in ${folderOf(home)}`]]
        : [["found", found.join(", ")]],
    try: another === undefined ? "cortensor verify RECEIPT.json" : `cortensor verify ${one ?? id}`,
    data: { id, found },
  });
}

/** Whether this home ever kept a receipt: then somebody asked from it before. */
export async function keptReceipts(home: Home): Promise<boolean> {
  return (await keptIds(home)).length > 0;
}

function folderOf(home: Home): string {
  return join(home.root, "receipts");
}

async function keptIds(home: Home): Promise<string[]> {
  const files = await readdir(folderOf(home)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return files.flatMap((file) => FILE.exec(file)?.[1] ?? []);
}

async function forgetOldest(home: Home, ids: readonly string[]): Promise<void> {
  const aged = await Promise.all(
    ids.map(async (id) => {
      const file = join(folderOf(home), `${id}.json`);
      // Another command may have forgotten it in between.
      return { file, at: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  aged.sort((a, b) => b.at - a.at);
  await Promise.all(aged.slice(KEPT).map(({ file }) => rm(file, { force: true })));
}

function shortest(id: string, ids: readonly string[]): string {
  for (let length = 2 + LEAST_DIGITS; length < id.length; length += 1) {
    const part = id.slice(0, length);
    if (ids.every((other) => other === id || !other.startsWith(part))) return part;
  }
  return id;
}
