import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../../src/store/index.ts";

const KILLS = 20;
const WRITER = join(import.meta.dirname, "../../support/storeWriter.ts");

/** Runs the writer from batch `first`, kills it after it has acknowledged `count` batches, and gives all it acknowledged. */
async function writeAndKill(file: string, first: number, count: number): Promise<number[]> {
  const child = spawn(process.execPath, [WRITER, file, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const acknowledged: number[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    acknowledged.push(Number(line));
    // It writes on while the signal is on its way, so the kill falls anywhere.
    if (acknowledged.length === count) child.kill("SIGKILL");
  });
  const [[, signal]] = await Promise.all([once(child, "exit"), once(lines, "close")]);
  expect(signal).toBe("SIGKILL");
  return acknowledged;
}

/** The parts that each batch has on disk, with a mark where a row's bytes are not those that were written. */
async function batchesIn(file: string): Promise<Map<number, string>> {
  const store = openStore({ file });
  await store.start();
  const batches = new Map<number, string>();
  for (const table of ["receipts", "vouchers"]) {
    for (const [key, value] of store.scan(table)) {
      const [batch, part] = key.split("/");
      const whole =
        value.every((byte) => byte === Number(batch) % 251) && value.length === (Number(batch) * 613) % 3000;
      batches.set(Number(batch), `${batches.get(Number(batch)) ?? ""}${table[0]}${part}${whole ? "" : "!"} `);
    }
  }
  await store.stop();
  return batches;
}

test(`after each of ${KILLS} kills every acknowledged batch is there, and every batch is whole`, async () => {
  const folder = await mkdtemp(join(tmpdir(), "cortensor-kill-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "store.sqlite");
  const acknowledged: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const count = 1 + Math.floor(Math.random() * 60);
    acknowledged.push(...(await writeAndKill(file, kill * 100_000, count)));
    const batches = await batchesIn(file);
    expect(new Set(batches.values())).toEqual(new Set(["ra rb va "]));
    expect(acknowledged.filter((batch) => !batches.has(batch))).toEqual([]);
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS);
});
