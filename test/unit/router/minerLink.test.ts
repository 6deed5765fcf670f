import { expect, test } from "vitest";
import { decodeFrame, type Hello } from "../../../src/protocol/frames.ts";
import type { PeerStream } from "../../../src/p2p/interface.ts";
import type { Edge } from "../../../src/router/ledger.ts";
import { MinerLink } from "../../../src/router/minerLink.ts";
import type { Hex } from "../../../src/util/types.ts";
import { FakeClock } from "../../support/fakeClock.ts";

const ADDRESS = `0x${"aa".repeat(20)}` as const;
const HASH: Hex = `0x${"11".repeat(32)}`;
const SESSION = {
  payer: ADDRESS,
  signer: ADDRESS,
  payee: ADDRESS,
  recipient: ADDRESS,
  terms: HASH,
  expiry: 1,
  salt: HASH,
} as const;

function edge(cumulative: bigint): Edge {
  return {
    id: HASH,
    session: SESSION,
    voucher: { record: { session: HASH, cumulative }, signature: `0x${"22".repeat(64)}` },
  };
}

function setUp() {
  const paid: bigint[] = [];
  const stream: PeerStream = {
    remote: ADDRESS,
    send: (bytes) => {
      const frame = decodeFrame(bytes);
      if (frame.type === "pay") paid.push(frame.voucher.record.cumulative);
    },
    queuedBytes: 0,
    frames: { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }) },
    close: () => Promise.resolve(),
    abort: () => {},
  };
  const clock = new FakeClock();
  return { clock, paid, link: new MinerLink(stream, {} as Hello, clock) };
}

test("of many vouchers the first leaves at once, and then the last one every 20 ms", async () => {
  const { clock, paid, link } = setUp();
  for (const wei of [1n, 2n, 3n]) link.pay(edge(wei));
  expect(paid).toEqual([1n]);
  await clock.pass(20);
  expect(paid).toEqual([1n, 3n]);
  link.pay(edge(4n));
  expect(paid).toEqual([1n, 3n]);
  await clock.pass(20);
  expect(paid).toEqual([1n, 3n, 4n]);
  await clock.pass(100);
  link.pay(edge(5n));
  expect(paid).toEqual([1n, 3n, 4n, 5n]);
});

test("what is held back can be sent before the line ends, and nothing is sent twice", async () => {
  const { clock, paid, link } = setUp();
  const last = edge(2n);
  link.pay(edge(1n));
  link.pay(last);
  link.payNow();
  link.payNow();
  link.pay(last);
  await clock.pass(20);
  expect(paid).toEqual([1n, 2n]);
});
