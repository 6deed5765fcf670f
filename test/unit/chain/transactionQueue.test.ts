import { array, assert, asyncProperty, constant, constantFrom, oneof } from "fast-check";
import { expect, test } from "vitest";
import { Fees } from "../../../src/chain/ethers/fees.ts";
import { HeadFollower } from "../../../src/chain/ethers/headFollower.ts";
import { TransactionQueue } from "../../../src/chain/ethers/transactionQueue.ts";
import { isAbort } from "../../../src/errors/cortensorError.ts";
import { createSigner } from "../../../src/keys/signer.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import type { Hex } from "../../../src/util/types.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { FakeNode } from "../../support/fakeNode.ts";

const TO = `0x${"22".repeat(20)}` as const;
const signer = createSigner(`0x${"11".repeat(32)}`);

interface Bench {
  readonly node: FakeNode;
  readonly queue: TransactionQueue;
  readonly head: HeadFollower;
  end(): void;
  /** A transaction that is known by its number. */
  send(number: number): Promise<string>;
}

async function bench(node = new FakeNode()): Promise<Bench> {
  const clock = new FakeClock();
  const log = createSilentLog();
  const head = new HeadFollower({ idle: false }, { rpc: node, clock, log });
  await head.start();
  const ending = new AbortController();
  const queue = new TransactionQueue(
    { chainId: 5, firstPollMs: 0, longestPollMs: 1, rebroadcastMs: 0, patienceMs: 5000, signal: ending.signal },
    { rpc: node, fees: new Fees({ rpc: node, head, clock }), signer, log },
  );
  const send = async (number: number): Promise<string> =>
    (await queue.send({ to: TO, data: dataOf(number), action: "test" })).hash;
  return { node, queue, head, send, end: () => ending.abort() };
}

function dataOf(number: number): Hex {
  return `0x${number.toString(16).padStart(8, "0")}`;
}

function numbersIn(node: FakeNode): number[] {
  return node.mined.map(({ data }) => Number(data));
}

test("transactions get the chain's next nonces, in the order in which they were sent", async () => {
  const { node, send } = await bench();
  await Promise.all([send(1), send(2), send(3)]);
  await send(4);
  expect(numbersIn(node)).toEqual([1, 2, 3, 4]);
});

test("a transaction whose answer was lost is not sent under another nonce", async () => {
  const { node, send } = await bench();
  await send(1);
  node.loseAnswer = "all";
  await expect(send(2)).rejects.toMatchObject({ code: "rpc-unreachable" });
  await send(3);
  expect(numbersIn(node)).toEqual([1, 2, 3]);
});

test("a transaction that the first endpoint took before it fell silent is not sent twice", async () => {
  const { node, send } = await bench();
  node.loseAnswer = "first";
  await send(1);
  await send(2);
  expect(numbersIn(node)).toEqual([1, 2]);
});

test("a transaction whose answer was lost comes back with those after it", async () => {
  const { node, queue, send } = await bench();
  node.automine = false;
  const first = send(1);
  await expect.poll(() => node.pool.length).toBe(1);
  node.loseAnswer = "all";
  await expect(send(2)).rejects.toMatchObject({ code: "rpc-unreachable" });
  const third = send(3);
  await expect.poll(() => node.pool.length).toBe(3);
  node.release();
  await Promise.all([first, third]);
  node.rollBack(2);
  await queue.resend();
  expect(numbersIn(node)).toEqual([1, 2, 3]);
});

test("a transaction that the pool forgot is sent again as it was", async () => {
  const { node, send } = await bench();
  node.automine = false;
  const sent = send(1);
  await expect.poll(() => node.pool.length).toBe(1);
  node.pool = [];
  await expect.poll(() => node.pool.length).toBe(1);
  node.mine();
  await sent;
  expect(new Set(node.broadcasts).size).toBe(1);
});

test("a transaction that pays less than blocks now cost is replaced under its own nonce", async () => {
  const { node, send, head } = await bench();
  node.automine = false;
  const sent = send(1);
  await expect.poll(() => node.pool.length).toBe(1);
  node.baseFeeWei = 1000n;
  node.emptyBlocks += 1;
  node.mine();
  expect(node.mined).toEqual([]);
  await head.refresh();
  await expect.poll(() => node.pool[0]?.maxFeePerGas ?? 0n).toBeGreaterThan(1000n);
  node.mine();
  await sent;
  expect(numbersIn(node)).toEqual([1]);
});

test("a transaction that waits in a pool behind a forgotten one is not sent under another nonce", async () => {
  const { node, send } = await bench();
  node.automine = false;
  const first = send(1);
  await expect.poll(() => node.pool.length).toBe(1);
  node.pool = [];
  node.loseAnswer = "first";
  // Taken into the pool, and called taken by the endpoint that was asked next, while no block has it.
  const second = send(2);
  await expect.poll(() => node.pool.length).toBe(2);
  node.release();
  await Promise.all([first, second]);
  expect(numbersIn(node)).toEqual([1, 2]);
});

test("what was taken back is sent again whole, also when an answer is lost on the way", async () => {
  const { node, queue, send } = await bench();
  await send(1);
  await send(2);
  node.rollBack(2);
  node.loseAnswer = "all";
  await queue.resend();
  expect(numbersIn(node)).toEqual([1, 2]);
});

test("another process that uses the same key is given way to", async () => {
  const node = new FakeNode();
  const [one, two] = [await bench(node), await bench(node)];
  await Promise.all([one.send(1), two.send(2), one.send(3), two.send(4)]);
  expect(numbersIn(node).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
});

test("waiting ends when the chain is stopped", async () => {
  const { node, send, end } = await bench();
  node.automine = false;
  const sent = send(1);
  await expect.poll(() => node.pool.length).toBe(1);
  end();
  await expect(sent).rejects.toSatisfy(isAbort);
});

test("whatever a node forgets, takes back or fails to answer, each transaction is done once", async () => {
  const step = oneof(
    { weight: 5, arbitrary: constant("send" as const) },
    constantFrom("lose" as const, "forget" as const, "back" as const, "wait" as const, "turn" as const),
    constantFrom("hold" as const, "mine" as const, "failOver" as const),
  );
  await assert(
    asyncProperty(array(step, { maxLength: 25 }), async (steps) => {
      const { node, queue, send } = await bench();
      const sent: Promise<boolean>[] = [];
      for (const what of steps) {
        if (what === "send")
          sent.push(
            send(sent.length).then(
              () => true,
              () => false,
            ),
          );
        if (what === "lose") node.loseAnswer = "all";
        if (what === "failOver") node.loseAnswer = "first";
        if (what === "forget") node.pool = [];
        if (what === "back") node.rollBack(2);
        if (what === "hold") node.automine = false;
        if (what === "mine" || what === "wait") node.release();
        if (what === "wait") await Promise.all(sent);
        if (what === "turn") await new Promise((resolve) => setImmediate(resolve));
      }
      node.release();
      const done = await Promise.all(sent);
      await queue.resend();
      const numbers = numbersIn(node);
      expect(new Set(numbers).size).toBe(numbers.length);
      done.forEach((succeeded, number) => {
        if (succeeded) expect(numbers).toContain(number);
      });
    }),
    { numRuns: 200 },
  );
});
