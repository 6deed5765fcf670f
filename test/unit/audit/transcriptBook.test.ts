import { expect, test } from "vitest";
import { TranscriptBook } from "../../../src/audit/transcriptBook.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { transcriptOf } from "../../../src/protocol/transcript.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { testVault } from "../../support/auditParts.ts";
import { answerSigners, signedAnswer } from "../../support/receiptParts.ts";

const signers = answerSigners();
const transcriptAt = (number: number, text = "What is a dog?") => transcriptOf(signedAnswer({ number, text }, signers));

async function opened(maxBytes = 1_000_000) {
  const store = new MemoryStore();
  await store.start();
  const vault = testVault();
  const open = (by = vault): TranscriptBook => {
    const book = new TranscriptBook({ maxBytes }, { store, vault: by, log: createSilentLog() });
    book.load();
    return book;
  };
  const book = open();
  const keep = async (number: number, epoch: number, text?: string) => {
    const transcript = transcriptAt(number, text);
    await store.write(book.rows(transcript, epoch));
    return transcript;
  };
  const onDisk = (): number => [...store.scan("transcripts")].reduce((sum, [, { length }]) => sum + length, 0);
  return { store, open, book, keep, onDisk };
}

test("a transcript is found again, also by the next life, and nothing of it can be read on the disk", async () => {
  const { store, open, book, keep } = await opened();
  const transcript = await keep(1, 3, "a secret prompt");
  expect(book.get(transcript.leaf, 3)).toEqual(transcript);
  expect(open().get(transcript.leaf, 3)).toEqual(transcript);
  expect(book.get(transcript.leaf, 4)).toBeUndefined();
  for (const [, value] of store.scan("transcripts")) expect(Buffer.from(value).includes("secret")).toBe(false);
});

test("one that is damaged, moved or of another key is as if it were not there", async () => {
  const { store, open, keep } = await opened();
  const [one, other] = [await keep(1, 3), await keep(2, 3)];
  expect(open(testVault()).get(one.leaf, 3)).toBeUndefined();
  const [first, second] = [...store.scan("transcripts")];
  if (first === undefined || second === undefined) throw new Error("there are two");
  await store.write([{ table: "transcripts", key: first[0], value: second[1] }]);
  const found = [open().get(one.leaf, 3), open().get(other.leaf, 3)];
  expect(found.filter((one) => one !== undefined)).toHaveLength(1);
});

test("those of epochs that are over for long are deleted, and the others stay", async () => {
  const { book, keep, onDisk, store, open } = await opened();
  for (let number = 0; number < 150; number += 1) await keep(number, number % 3);
  const bytes = book.bytes;
  expect(bytes).toBe(onDisk());
  await book.forgetBefore(2);
  expect([...store.scan("transcripts")]).toHaveLength(50);
  expect(book.bytes).toBe(onDisk());
  expect(open().bytes).toBe(book.bytes);
  expect([...store.scan("transcript-bytes")]).toHaveLength(1);
  await book.forgetBefore(3);
  expect([book.bytes, onDisk(), [...store.scan("transcript-bytes")].length]).toEqual([0, 0, 0]);
});

test("they never take more than their space for long: the oldest epoch loses first", async () => {
  const { book, keep, onDisk, open } = await opened(100_000);
  for (let number = 0; number < 60; number += 1) await keep(number, Math.floor(number / 20), "x".repeat(2000));
  await book.idle();
  await new Promise((resolve) => setImmediate(resolve));
  expect(onDisk()).toBeLessThanOrEqual(100_000);
  expect(book.bytes).toBe(onDisk());
  expect(open().bytes).toBe(onDisk());
  const newest = transcriptAt(59, "x".repeat(2000));
  expect(book.get(newest.leaf, 2)).toEqual(newest);
  const left = Array.from({ length: 60 }, (_, n) =>
    book.get(transcriptAt(n, "x".repeat(2000)).leaf, Math.floor(n / 20)),
  );
  expect(left.slice(0, 20).filter((one) => one !== undefined)).toHaveLength(0);
  expect(left.slice(40).filter((one) => one !== undefined).length).toBe(20);
});

test("one epoch that is larger than the space keeps a part of itself", async () => {
  const { book, keep, onDisk } = await opened(50_000);
  for (let number = 0; number < 60; number += 1) await keep(number, 0, "x".repeat(2000));
  await book.idle();
  expect(onDisk()).toBeLessThanOrEqual(50_000);
  expect(onDisk()).toBeGreaterThan(30_000);
});
