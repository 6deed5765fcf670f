import { expect, test } from "vitest";
import { AuditBook } from "../../../src/audit/auditBook.ts";
import type { Anchor } from "../../../src/audit/receiptLog.ts";
import { MemoryChain } from "../../../src/chain/index.ts";
import { recover } from "../../../src/keys/index.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { AUDIT, testVault } from "../../support/auditParts.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { signedAnswer } from "../../support/receiptParts.ts";

async function opened(anchor?: (posted: Anchor) => Promise<void>) {
  const store = new MemoryStore();
  await store.start();
  const chain = new MemoryChain({ parameters: { epochSeconds: 60 } }, { recover });
  const posted: Anchor[] = [];
  const clock = new FakeClock();
  const open = async (): Promise<AuditBook> => {
    const deps = { chain, store, vault: testVault(), clock, log: createSilentLog() };
    const book = new AuditBook(AUDIT, {
      ...deps,
      anchor: async (one) => {
        posted.push(one);
        await anchor?.(one);
      },
    });
    await book.start();
    return book;
  };
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async (seconds: number): Promise<void> => {
    chain.advance(seconds);
    await settled();
  };
  return { store, chain, clock, posted, open, book: await open(), pass, settled };
}
const answer = (number: number, epoch: number) => signedAnswer({ number, epoch });

test("an epoch is posted once, when it is over", async () => {
  const { book, posted, pass } = await opened();
  await book.keep(answer(1, 0));
  await pass(59);
  expect(posted).toEqual([]);
  await pass(1);
  expect(posted).toEqual([book.receipts.anchorOf(0)]);
  await pass(1);
  await book.keep(answer(2, 0));
  await pass(58);
  expect(posted).toHaveLength(1);
  await pass(1);
  expect(posted.map(({ epoch, count }) => [epoch, count])).toEqual([
    [0, 1],
    [1, 1],
  ]);
});

test("what was posted is not posted again by the next life", async () => {
  const { book, posted, pass, open, settled } = await opened();
  await book.keep(answer(1, 0));
  await pass(60);
  await book.stop();
  await open();
  await settled();
  await pass(1);
  expect(posted).toHaveLength(1);
});

test("a post that fails is tried again with the next block while anchors are taken, and no longer", async () => {
  let fails = 2;
  const { book, posted, pass } = await opened(async () => {
    await Promise.resolve();
    fails -= 1;
    if (fails >= 0) throw new Error("the chain does not answer");
  });
  await book.keep(answer(1, 0));
  for (const seconds of [60, 1, 1, 1]) await pass(seconds);
  expect(posted).toHaveLength(3);
  expect(new Set(posted)).toHaveLength(1);
  await book.keep(answer(2, 1));
  fails = 100;
  for (const seconds of [57, 3, 3, 1]) await pass(seconds);
  // At 60 and 63 of the epoch's second it may be posted; at 66, a tenth into the next, no more.
  expect(posted).toHaveLength(5);
});

test("an epoch without receipts is not posted, nor one that ended too long ago", async () => {
  const { book, posted, pass } = await opened();
  await pass(60);
  await book.keep(answer(1, 1));
  await pass(66);
  expect(posted).toEqual([]);
  expect(book.receipts.anchorOf(1)?.count).toBe(1);
});

test("a node that stopped posts nothing more", async () => {
  const { book, posted, pass } = await opened();
  await book.keep(answer(1, 0));
  await book.stop();
  await pass(60);
  expect(posted).toEqual([]);
});

test("a chain that makes no block at the epoch's end is looked at all the same, and given up after a tenth", async () => {
  const { book, posted, chain, clock } = await opened(() => Promise.reject(new Error("it is too late")));
  await book.keep(answer(1, 0));
  // As an idle chain: its time goes on and its newest block is an old one.
  const epochs = chain.epoch();
  chain.epoch = () => ({ ...epochs, epoch: 1, endsAt: epochs.endsAt + 60 });
  await clock.pass(1000);
  expect(posted).toHaveLength(1);
  await clock.pass(60_000);
  expect(posted).toHaveLength(6);
  await book.stop();
  expect(clock.waiting).toBe(0);
});
