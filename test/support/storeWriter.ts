import { writeSync } from "node:fs";
import { openStore } from "../../src/store/index.ts";

// Writes batches until it is killed: `storeWriter.ts FILE FIRST`. Several batches share a turn, each batch has rows in two
// tables, and a batch's number is printed once its write has resolved.
const [file = "", first = "0"] = process.argv.slice(2);
const store = openStore({ file });
await store.start();

async function writeBatch(batch: number): Promise<void> {
  const size = (batch * 613) % 3000;
  const row = (table: string, part: string) => ({
    table,
    key: `${batch}/${part}`,
    value: new Uint8Array(size).fill(batch % 251),
  });
  await store.write([row("receipts", "a"), row("receipts", "b"), row("vouchers", "a")]);
  // Synchronous, so that what was said before a kill has been said.
  writeSync(1, `${batch}\n`);
}

for (let batch = Number(first); ; ) {
  const together = 1 + (batch % 5);
  await Promise.all(Array.from({ length: together }, (_, n) => writeBatch(batch + n)));
  batch += together;
}
