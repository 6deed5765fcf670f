import { expect, test } from "vitest";
import { createSilentLog } from "../../../src/observability/log.ts";
import { TraceBook } from "../../../src/router/traceBook.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { attemptTrace, minerOf, taskOf, taskTrace } from "../../support/traces.ts";

async function opened(store = new MemoryStore()) {
  await store.start();
  const clock = new FakeClock();
  const open = (): TraceBook => {
    const book = new TraceBook({ store, clock, log: createSilentLog() }, { kept: 3 });
    book.load();
    return book;
  };
  return { store, clock, open, book: open() };
}
const idsOf = (book: TraceBook): string[] => book.ended().map(({ id }) => id);

test("a trace reads back as it was, without a hold on its miner", async () => {
  const { book, open } = await opened();
  const trace = taskTrace();
  const chosen = { miner: minerOf("1"), link: { open: true } } as never;
  book.add({ ...trace, attempts: trace.attempts.map((one) => ({ ...one, decision: { ...one.decision, chosen } })) });
  expect(book.ended()).toEqual([trace]);
  await book.flush();
  expect(open().ended()).toEqual([trace]);
});

test("the newest are kept, also on disk, and a task that ran again is there once", async () => {
  const { store, book, open } = await opened();
  for (const start of ["a1", "a2", "a3", "a4", "a2"]) book.add(taskTrace({ id: taskOf(start) }));
  const newest = [taskOf("a2"), taskOf("a4"), taskOf("a3")];
  expect(idsOf(book)).toEqual(newest);
  await book.flush();
  expect([...store.scan("traces")]).toHaveLength(3);
  const again = open();
  expect(idsOf(again)).toEqual(newest);
  again.add(taskTrace({ id: taskOf("a5") }));
  expect(idsOf(again)).toEqual([taskOf("a5"), ...newest.slice(0, 2)]);
});

test("traces of half a second are written together", async () => {
  const { store, clock, book } = await opened();
  book.add(taskTrace({ id: taskOf("a1") }));
  await clock.pass(499);
  book.add(taskTrace({ id: taskOf("a2") }));
  expect([...store.scan("traces")]).toHaveLength(0);
  await clock.pass(1);
  expect([...store.scan("traces")]).toHaveLength(2);
  expect(clock.waiting).toBe(0);
});

test("a row that is no trace is dropped, and the others are read", async () => {
  const { store, book, open } = await opened();
  book.add(taskTrace());
  await book.flush();
  await store.write([
    { table: "traces", key: "000000000000005", value: Uint8Array.of(0xff) },
    { table: "traces", key: "000000000000006", value: Uint8Array.of(0xa0) },
  ]);
  const again = open();
  expect(idsOf(again)).toEqual([taskOf("9c37")]);
  await again.flush();
  expect([...store.scan("traces")]).toHaveLength(1);
});

test("of many miners that were passed over the first are listed and the rest counted", async () => {
  const { book } = await opened();
  const passedOver = Array.from({ length: 50 }, () => ({ miner: minerOf("3"), reason: "circuit" as const }));
  const { decision } = attemptTrace();
  book.add(taskTrace({ attempts: [attemptTrace({ decision: { ...decision, passedOver } })] }));
  const [attempt] = book.ended()[0]?.attempts ?? [];
  expect([attempt?.decision.passedOver.length, attempt?.unlisted]).toEqual([20, 30]);
});

test("a disk that refuses costs the traces and nothing else", async () => {
  const { store, book } = await opened();
  book.add(taskTrace());
  await store.stop();
  await book.flush();
  expect(book.ended()).toHaveLength(1);
});
