import { expect, test } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { recover } from "../../../src/keys/index.ts";
import { SignedReceipts } from "../../../src/miner/signedReceipts.ts";
import { receiptHash } from "../../../src/protocol/eip712.ts";
import { orderId } from "../../../src/protocol/hash.ts";
import { answerSigners, type SignedAnswer, signedAnswer } from "../../support/receiptParts.ts";

const signers = answerSigners();
const checks = { domain: signers.domain, recover };
const given = ({ part, frame, ids }: SignedAnswer) => ({
  frame,
  ids,
  receipt: { record: part.receipt, signature: part.receiptSignature },
});
const frameOf = ({ part }: SignedAnswer) => ({
  type: "countersigned" as const,
  orderId: orderId(part.receipt.order),
  receipt: receiptHash(part.receipt),
  ...part.countersigned,
  signature: part.countersignature,
});

test("a counter-signature completes the receipt that it is over, once", () => {
  const receipts = new SignedReceipts();
  const answer = signedAnswer({ number: 1 }, signers);
  receipts.add(given(answer));
  expect(receipts.take(frameOf(answer), checks)).toEqual(answer);
  expect(receipts.take(frameOf(answer), checks)).toBeUndefined();
});

test("an earlier receipt of an answer that grew on is completed with the ids that it covers", () => {
  const receipts = new SignedReceipts();
  const early = signedAnswer({ number: 1, ids: [1, 2] }, signers);
  const ids = [1, 2];
  receipts.add({ ...given(early), ids });
  ids.push(3);
  receipts.add({ ...given(signedAnswer({ number: 1, ids: [1, 2, 3] }, signers)), ids });
  expect(receipts.take(frameOf(early), checks)).toEqual(early);
});

test("what this miner did not sign is not taken, and what its router did not sign breaks the protocol", () => {
  const receipts = new SignedReceipts();
  const answer = signedAnswer({ number: 1 }, signers);
  receipts.add(given(answer));
  expect(receipts.take(frameOf(signedAnswer({ number: 2 }, signers)), checks)).toBeUndefined();
  expect(receipts.take({ ...frameOf(answer), receipt: `0x${"00".repeat(32)}` }, checks)).toBeUndefined();
  for (const change of [{ ttftMs: 1 }, { durationMs: 1 }, { signature: answer.part.receiptSignature }])
    expect(() => receipts.take({ ...frameOf(answer), ...change }, checks)).toThrow(CortensorError);
  expect(receipts.take(frameOf(answer), checks)).toEqual(answer);
});

test("orders that are never counter-signed are dropped, the oldest first, by number and by the size of prompts", () => {
  const base = signedAnswer({}, signers);
  const nth = (n: number, text: string): SignedAnswer => {
    const receipt = { ...base.part.receipt, order: `0x${n.toString(16).padStart(32, "0").padEnd(64, "0")}` as const };
    return { ...base, part: { ...base.part, receipt }, frame: { ...base.frame, input: { kind: "text", text } } };
  };
  const keptOf = (count: number, text: string): readonly number[] => {
    const receipts = new SignedReceipts();
    for (let n = 0; n < count; n += 1) receipts.add(given(nth(n, text)));
    // One that is there is looked at, and its measurements are another order's.
    const isThere = (n: number): boolean => {
      try {
        return receipts.take(frameOf(nth(n, text)), checks) !== undefined;
      } catch {
        return true;
      }
    };
    return Array.from({ length: count }, (_, n) => n).filter(isThere);
  };
  const few = keptOf(5000, "");
  expect([few.length, few[0]]).toEqual([4096, 904]);
  expect(keptOf(80, "x".repeat(1_048_576))).toHaveLength(64);
});
