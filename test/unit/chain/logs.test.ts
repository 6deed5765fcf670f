import { expect, test } from "vitest";
import type { Rpc } from "../../../src/chain/ethers/failoverRpc.ts";
import { atOneHead, firstBlockAt, readLogs } from "../../../src/chain/ethers/logs.ts";
import { CONTRACTS } from "../../../src/chain/ethers/contracts.ts";
import { reasonOf } from "../../support/chainSuite.ts";

const ADDRESS = `0x${"ee".repeat(20)}` as const;

/** One `Settled` a block, ten blocks at most in an answer; block times of ten seconds. */
class Endpoint implements Rpc {
  readonly asked: string[] = [];
  head = 99;
  branch = "aa";

  async call(method: string, [first]: readonly unknown[]): Promise<unknown> {
    if (method === "eth_getBlockByNumber") return this.#block(first === "latest" ? this.head : Number(first));
    const { fromBlock, toBlock } = first as { fromBlock: string; toBlock: string };
    const [from, to] = [Number(fromBlock), Number(toBlock)];
    this.asked.push(`${from}-${to}`);
    if (to - from >= 10) throw new Error("range too long");
    return Array.from({ length: to - from + 1 }, (_, at) =>
      CONTRACTS.rewards.encodeEventLog("Settled", [from + at, `0x${"77".repeat(32)}`]),
    );
  }

  #block(number: number): unknown {
    if (number > this.head) return null;
    const hex = (value: number): string => `0x${value.toString(16)}`;
    const hash = (of: number): string => `0x${this.branch}${of.toString(16).padStart(62, "0")}`;
    return { number: hex(number), hash: hash(number), parentHash: hash(number - 1), timestamp: hex(number * 10) };
  }
}

test("an endpoint that refuses long ranges is asked for shorter ones, and nothing is read twice", async () => {
  const rpc = new Endpoint();
  const logs = await readLogs(rpc, { contract: "rewards", address: ADDRESS, from: 3, to: 38 });
  expect(logs.map(({ args }) => Number(args["epoch"]))).toEqual(Array.from({ length: 36 }, (_, at) => at + 3));
  expect(rpc.asked).toContain("3-38");
  expect(await readLogs(rpc, { contract: "rewards", address: ADDRESS, from: 5, to: 4 })).toEqual([]);
});

test("the first block at a time is found, from the deployment on", async () => {
  const rpc = new Endpoint();
  await atOneHead(rpc, async (head) => {
    const at = (timestamp: number) => firstBlockAt(rpc, timestamp, { deployed: 7, head });
    expect(await Promise.all([at(0), at(70), at(71), at(500), at(990), at(991)])).toEqual([7, 7, 8, 50, 99, undefined]);
  });
});

test("what was read while the chain went back is read again", async () => {
  const rpc = new Endpoint();
  let tries = 0;
  const seen = await atOneHead(rpc, async ({ hash }) => {
    tries += 1;
    if (tries === 1) rpc.branch = "bb";
    return hash.slice(0, 4);
  });
  expect([tries, seen]).toEqual([2, "0xbb"]);
  const never = atOneHead(rpc, async () => {
    rpc.head -= 1;
  });
  expect(await reasonOf(never)).toBe("rpc-unreachable");
});
