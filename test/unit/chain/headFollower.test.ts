import { expect, test } from "vitest";
import { HeadFollower } from "../../../src/chain/ethers/headFollower.ts";
import type { Rpc } from "../../../src/chain/ethers/failoverRpc.ts";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { FakeClock } from "../../support/fakeClock.ts";

/** Blocks by number, each with a letter for its branch. */
class Blocks implements Rpc {
  chain = ["a", "a"];
  pendingTimestamp = 0;
  away = false;

  async call(_method: string, [tag]: readonly unknown[]): Promise<unknown> {
    if (this.away) throw new CortensorError("rpc-unreachable", "away");
    if (tag === "pending") return { timestamp: `0x${this.pendingTimestamp.toString(16)}` };
    const number = tag === "latest" ? this.chain.length - 1 : Number(tag);
    return number < this.chain.length ? this.#block(number) : null;
  }

  #block(number: number): Record<string, string> {
    const hash = (at: number): string => `0x${Buffer.from(`${at}${this.chain[at] ?? ""}`).toString("hex")}`;
    return {
      number: `0x${number.toString(16)}`,
      hash: hash(number),
      parentHash: hash(number - 1),
      timestamp: `0x${(number * 10).toString(16)}`,
    };
  }
}

async function follow(blocks: Blocks, idle = false) {
  const clock = new FakeClock();
  const head = new HeadFollower({ idle }, { rpc: blocks, clock, log: createSilentLog() });
  const seen: string[] = [];
  head.onHead(({ number }) => seen.push(String(number)));
  head.onRollback(() => seen.push("back"));
  await head.start();
  const second = async (): Promise<void> => {
    await clock.pass(1000);
    await expect.poll(() => clock.waiting).toBe(1);
  };
  return { head, seen, second };
}

test("new blocks are noticed once a second, each once", async () => {
  const blocks = new Blocks();
  const { seen, second } = await follow(blocks);
  await second();
  blocks.chain.push("a", "a", "a");
  await second();
  await second();
  expect(seen).toEqual(["1", "4"]);
});

test.each([
  ["the newest block is another one", ["a", "b"]],
  ["the chain is shorter", ["a"]],
  ["the next block has another parent", ["a", "b", "b"]],
  ["a later block stands on another branch", ["a", "b", "b", "b", "b"]],
])("a rollback is noticed when %s", async (_, chain) => {
  const blocks = new Blocks();
  const { seen, second } = await follow(blocks);
  blocks.chain = chain;
  await second();
  expect(seen).toEqual(["1", "back", String(chain.length - 1)]);
});

test("while the chain is away the last block stands, and following goes on afterwards", async () => {
  const blocks = new Blocks();
  const { head, seen, second } = await follow(blocks);
  blocks.away = true;
  await second();
  expect(head.head().number).toBe(1);
  blocks.away = false;
  blocks.chain.push("a");
  await second();
  expect(seen).toEqual(["1", "2"]);
});

test("now is never behind what a transaction would see on an idle chain", async () => {
  const blocks = new Blocks();
  blocks.pendingTimestamp = 500;
  const { head, second } = await follow(blocks, true);
  expect(head.now()).toBe(500);
  blocks.pendingTimestamp = 600;
  await second();
  expect(head.now()).toBe(600);
  expect(head.head().timestamp).toBe(10);
});

test("nothing is asked any more after the end", async () => {
  const blocks = new Blocks();
  const { head, seen } = await follow(blocks);
  await head.stop();
  await head.stop();
  blocks.chain.push("a");
  expect(seen).toEqual(["1"]);
});
