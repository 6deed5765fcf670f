import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CortensorError } from "../errors/cortensorError.ts";
import { readJson, writeJson } from "../util/jsonFile.ts";
import type { Home } from "./home.ts";

/** A client's means of complaint is an epoch long; this many are far more. */
const KEPT = 500;

/** Keeps a receipt in the home, under its id, and forgets the oldest. */
export async function keepReceipt(home: Home, receipt: Readonly<Record<string, unknown>>): Promise<void> {
  const folder = join(home.root, "receipts");
  await writeJson(join(folder, `${String(receipt.id)}.json`), receipt);
  const files = await readdir(folder);
  if (files.length <= KEPT) return;
  const aged = await Promise.all(files.map(async (file) => ({ file, at: (await stat(join(folder, file))).mtimeMs })));
  aged.sort((a, b) => b.at - a.at);
  await Promise.all(aged.slice(KEPT).map(({ file }) => rm(join(folder, file), { force: true })));
}

/** A kept receipt by its id or the beginning of it. Throws `receipt-invalid` when there is none or several. */
export async function findReceipt(home: Home, id: string): Promise<unknown> {
  const folder = join(home.root, "receipts");
  const files = await readdir(folder).catch(() => [] as string[]);
  const found = files.filter((file) => file.startsWith(id) && file.endsWith(".json"));
  if (found.length === 1 && found[0] !== undefined) return await readJson(join(folder, found[0]));
  const what = found.length === 0 ? "no receipt" : `${found.length} receipts`;
  throw new CortensorError("receipt-invalid", `this home keeps ${what} whose id begins with ${id}`, {
    try: "cortensor verify FILE.json",
    data: { id, found },
  });
}
