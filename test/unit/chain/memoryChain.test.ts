import { describe, expect, test } from "vitest";
import { MemoryChain } from "../../../src/chain/memory/memoryChain.ts";
import { recover } from "../../../src/keys/recover.ts";
import { type ChainWorld, chainSuite, reasonOf } from "../../support/chainSuite.ts";
import { rewardsSuite } from "../../support/rewardsSuite.ts";

function createWorld(): ChainWorld & { readonly chain: MemoryChain } {
  const chain = new MemoryChain({}, { recover });
  return {
    chain,
    fund: (address, least) => chain.fund(address, least),
    advance: async (seconds) => chain.advance(seconds),
  };
}

describe("the chain in memory", () => {
  const world = createWorld();
  chainSuite(() => world);
  rewardsSuite(() => world);
});

test("a chain that cannot be reached refuses to be asked, and keeps what it knows", async () => {
  const { chain } = createWorld();
  const { address } = { address: `0x${"11".repeat(20)}` as const };
  chain.setReachable(false);
  expect(await reasonOf(chain.balance(address))).toBe("rpc-unreachable");
  expect(await reasonOf(chain.as({ address }).transferCor(address, 1n))).toBe("rpc-unreachable");
  expect(chain.endpoints()).toMatchObject([{ ok: false }]);
  expect(chain.head().number).toBe(1);
  chain.setReachable(true);
  expect(await chain.balance(address)).toEqual({ corWei: 0n, gasWei: 0n });
});

test("a write that is refused makes no block and moves nothing", async () => {
  const { chain } = createWorld();
  const address = `0x${"11".repeat(20)}` as const;
  await chain.fund(address, { corWei: 5n, gasWei: 0n });
  expect(await reasonOf(chain.as({ address }).transferCor(address, 6n))).toBe("ERC20InsufficientBalance");
  expect(chain.head().number).toBe(1);
  expect((await chain.balance(address)).corWei).toBe(5n);
});
