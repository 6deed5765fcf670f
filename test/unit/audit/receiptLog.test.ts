import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ReceiptLog } from "../../../src/audit/receiptLog.ts";
import { recover } from "../../../src/keys/index.ts";
import { leafOf, wrongLeaf } from "../../../src/protocol/leaf.ts";
import { merkleTree, NO_ROOT, provesLeaf } from "../../../src/protocol/merkle.ts";
import { partLeaf, type ReceiptPart } from "../../../src/protocol/receiptBundle.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { answerSigners, signedAnswer } from "../../support/receiptParts.ts";

const signers = answerSigners();
const parts = Array.from({ length: 30 }, (_, number) => signedAnswer({ number, ids: [number] }, signers).part);
const partAt = (n: number): ReceiptPart => parts[n] as ReceiptPart;

async function opened() {
  const store = new MemoryStore();
  await store.start();
  let epoch = 0;
  const open = (over = store): ReceiptLog => {
    const log = new ReceiptLog({ store: over, epoch: () => epoch });
    log.load();
    return log;
  };
  const add = (log: ReceiptLog, n: number, of = epoch) => log.add({ leaf: leafOf(partAt(n)), epoch: of });
  return { store, open, log: open(), add, goTo: (next: number) => (epoch = next) };
}

test("an epoch comes to the root, the count and the fees of its receipts, once it is over", async () => {
  const { log, add, goTo } = await opened();
  const mine = [0, 1, 2].map(partAt);
  for (const n of [2, 0, 1, 0]) add(log, n);
  expect(log.anchorOf(0)).toBeUndefined();
  goTo(1);
  const { root } = merkleTree(mine.map(partLeaf));
  const feeSum = mine.reduce((sum, { receipt }) => sum + receipt.fee, 0n);
  expect(log.anchorOf(0)).toEqual({ epoch: 0, root, count: 3, feeSum });
  expect(log.anchorOf(1)).toBeUndefined();
  expect(log.anchorOf(-1)).toBeUndefined();
});

test("every receipt has its path to the root, and both signatures in the list hold", async () => {
  const { log, add, goTo } = await opened();
  for (const n of parts.keys()) add(log, n);
  expect(log.proofOf(partLeaf(partAt(0)))).toBeUndefined();
  goTo(1);
  const { root, count } = log.anchorOf(0) ?? { root: "0x", count: 0 };
  const listed = [...log.leaves(0)];
  expect(listed).toHaveLength(count);
  for (const [leaf, record] of listed) {
    const found = log.proofOf(leaf);
    expect(found).toMatchObject({ epoch: 0, leaf, root });
    expect(provesLeaf({ root, leaf, proof: found?.proof ?? [] })).toBe(true);
    expect(partLeaf(record)).toBe(leaf);
    expect(wrongLeaf(record, { domain: signers.domain, recover })).toBeUndefined();
    expect(wrongLeaf({ ...record, miner: record.router }, { domain: signers.domain, recover })).toBe("miner");
    expect(wrongLeaf({ ...record, router: record.miner }, { domain: signers.domain, recover })).toBe("router");
  }
  expect(log.proofOf(`0x${"00".repeat(32)}`)).toBeUndefined();
  const middle = listed[9]?.[0];
  expect([...log.leaves(0, middle)]).toEqual(listed.slice(10));
});

test("a receipt that is counter-signed late counts for the first epoch that is still open", async () => {
  const { log, add, goTo, open } = await opened();
  expect(add(log, 0).epoch).toBe(0);
  goTo(1);
  // Nobody has looked at epoch 0 yet, so it is open.
  expect(add(log, 1, 0).epoch).toBe(0);
  expect(log.anchorOf(0)?.count).toBe(2);
  const late = add(log, 2, 0);
  expect(late.epoch).toBe(1);
  await late.written;
  expect(open().epochOf(partLeaf(partAt(2)))).toBe(1);
  expect(log.anchorOf(0)?.count).toBe(2);
  goTo(2);
  expect(log.anchorOf(1)?.count).toBe(1);
});

test("a receipt that comes again stays where it was", async () => {
  const { log, add, goTo } = await opened();
  await add(log, 0).written;
  goTo(1);
  log.anchorOf(0);
  expect(add(log, 0).epoch).toBe(0);
});

test("what was anchored is the same after a kill, whatever is added and whenever it dies", async () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ add: fc.nat({ max: 29 }), back: fc.nat({ max: 1 }) }),
      fc.constantFrom("next", "close", "kill", "sync"),
    ),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { store, open, add, goTo } = await opened();
      let [current, log, epoch] = [store, open(), 1];
      goTo(epoch);
      const posted = new Map<number, unknown>();
      const written = new Set<string>();
      for (const step of all) {
        if (typeof step === "object") {
          const added = add(log, step.add, epoch - step.back);
          const life = current;
          added.written.then(() => life === current && written.add(added.hash)).catch(() => undefined);
        } else if (step === "next") goTo((epoch += 1));
        else if (step === "close") posted.set(epoch - 1, await log.close(epoch - 1));
        else if (step === "sync") await log.synced();
        else {
          current = current.afterKill();
          log = open(current);
        }
      }
      for (const [closed, anchor] of posted) expect(log.anchorOf(closed)).toEqual(anchor);
      goTo(epoch + 2);
      for (const hash of written) expect(log.proofOf(hash as `0x${string}`)).toBeDefined();
    }),
    { numRuns: 100 },
  );
});

test("an epoch that ended while the node was down is closed with what it had; an empty one leaves no trace", async () => {
  const { store, add, goTo, open, log } = await opened();
  await add(log, 0).written;
  goTo(5);
  const again = open();
  expect(again.anchorOf(4)).toEqual({ epoch: 4, root: NO_ROOT, count: 0, feeSum: 0n });
  expect(again.anchorOf(0)?.count).toBe(1);
  const rows = [...store.scan("anchors")].length;
  for (const epoch of [1, 2, 3]) expect(again.anchorOf(epoch)?.count).toBe(0);
  await again.synced();
  expect([...store.scan("anchors")].length).toBeLessThanOrEqual(rows + 2);
});

test("old leaves are forgotten and their anchors stay", async () => {
  const { log, add, goTo } = await opened();
  await add(log, 0).written;
  goTo(1);
  await add(log, 1).written;
  const before = log.anchorOf(0);
  await log.forgetBefore(1);
  expect([...log.leaves(0)]).toEqual([]);
  expect([...log.leaves(1)]).toHaveLength(1);
  expect(log.anchorOf(0)).toEqual(before);
  expect(log.proofOf(partLeaf(partAt(0)))).toBeUndefined();
});

test("receipts of one turn, and what is written with them, are one write", async () => {
  const { store, log, add } = await opened();
  const calls: number[] = [];
  const write = store.write.bind(store);
  store.write = async (rows) => {
    calls.push(rows.length);
    await write(rows);
  };
  const extra = { table: "extra", key: "a", value: Uint8Array.of(1) };
  const first = log.add({ leaf: leafOf(partAt(0)), epoch: 0 }, ({ epoch }) => [{ ...extra, key: `e${epoch}` }]);
  await Promise.all([first.written, add(log, 1).written]);
  expect(calls).toEqual([5]);
  expect(store.get("extra", "e0")).toEqual(Uint8Array.of(1));
});
