import { getCreateAddress, TypedDataEncoder } from "ethers";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import * as Token from "../../../src/chain/contracts/CortensorToken.sol";
import * as Rewards from "../../../src/chain/contracts/EpochRewards.sol";
import * as Registry from "../../../src/chain/contracts/NodeRegistry.sol";
import * as Runtime from "../../../src/chain/contracts/Runtime.sol";
import * as Escrow from "../../../src/chain/contracts/SessionEscrow.sol";
import { startAnvil } from "../../support/anvil.ts";
import { balanceOf, CHAIN_ID, COR, DEFAULTS, deployNetwork, TestChain, TREASURY, wallet } from "./contracts.ts";

const anvil = await startAnvil(afterAll);
const chain = await new TestChain(anvil).start();
const network = await deployNetwork(chain);

describe("a network", () => {
  test("tells its parts, its numbers and its epoch", async () => {
    const { runtime, token, escrow, registry, rewards } = network;
    for (const [name, part] of Object.entries({ token, escrow, registry, rewards })) {
      expect(String((await chain.view(runtime, name))[0]).toLowerCase()).toBe(part.address);
    }
    const parameters = (await chain.view(runtime, "parameters"))[0].toObject();
    const genesis = Number(parameters.genesis);
    expect(parameters).toEqual(
      Object.fromEntries(
        Object.entries({ ...DEFAULTS, genesis }).map(([key, value]) => [
          key,
          typeof value === "boolean" ? value : BigInt(value),
        ]),
      ),
    );
    await chain.undone(async () => {
      for (const epoch of [0, 1, 7]) {
        chain.now = genesis + epoch * DEFAULTS.epochSeconds + DEFAULTS.epochSeconds - 2;
        await chain.call(TREASURY, token, ["approve", wallet(1), 1n]);
        expect(await chain.view(runtime, "currentEpoch")).toEqual([BigInt(epoch)]);
        await chain.call(TREASURY, token, ["approve", wallet(1), 1n]);
        expect(await chain.view(registry, "currentEpoch")).toEqual([BigInt(epoch + 1)]);
      }
    });
  });

  test("signs in one EIP-712 domain, another one on each side of a fork", async () => {
    onTestFinished(async () => void (await anvil.rpc("anvil_setChainId", CHAIN_ID)));
    for (const chainId of [CHAIN_ID, CHAIN_ID + 1]) {
      await anvil.rpc("anvil_setChainId", chainId);
      const domain = { name: "Cortensor", version: "1", chainId, verifyingContract: network.runtime.address };
      for (const part of [network.escrow, network.registry]) {
        expect(await chain.view(part, "domainSeparator")).toEqual([TypedDataEncoder.hashDomain(domain)]);
      }
    }
  });

  test("gives the treasury 650 M COR and leaves 350 M to the rewards contract", async () => {
    const { token, rewards } = network;
    expect(await balanceOf(chain, token, TREASURY)).toBe(650_000_000n * COR);
    await chain.undone(async () => {
      const mint = (from: string, amount: bigint) => chain.call(from, token, ["mint", wallet(5), amount]);
      expect(await mint(TREASURY, 1n)).toMatchObject({ error: "NotRewards" });
      expect(await mint(rewards.address, 349_999_999n * COR)).toMatchObject({ error: undefined });
      // Burning does not re-open the cap.
      expect(await chain.call(TREASURY, token, ["burn", 600_000_000n * COR])).toMatchObject({ error: undefined });
      expect(await mint(rewards.address, COR + 1n)).toMatchObject({ error: "CapExceeded" });
      expect(await mint(rewards.address, COR)).toMatchObject({ error: undefined });
      expect(await mint(rewards.address, 1n)).toMatchObject({ error: "CapExceeded" });
    });
  });
});

describe("a deployment fails", () => {
  const deployer = wallet(0x77);
  const at = (nonce: number): string => getCreateAddress({ from: deployer, nonce });

  /** Parts of one deployment, the runtime's arguments as `change` likes them. */
  async function deploy(
    change: (args: unknown[]) => unknown[],
    { runtimeNonce = 4, rewardsParameters }: { runtimeNonce?: number; rewardsParameters?: object } = {},
  ): Promise<string> {
    return chain.undone(async () => {
      await chain.fundGas(deployer);
      const parameters = { ...DEFAULTS, genesis: chain.now };
      await chain.deploy(deployer, Token, [at(runtimeNonce), TREASURY]);
      await chain.deploy(deployer, Escrow, [at(runtimeNonce), at(0), DEFAULTS.closeDelay]);
      await chain.deploy(deployer, Registry, [at(runtimeNonce), at(0)]);
      const args = change([at(0), at(1), at(2), at(3), parameters]);
      await chain.deploy(deployer, Rewards, [at(runtimeNonce), at(0), at(2), rewardsParameters ?? args[4]]);
      return chain.deploy(deployer, Runtime, args).then(
        () => "deployed",
        (error: Error) => error.message,
      );
    });
  }
  const withParameters = (changes: object) => (args: unknown[]) => [
    ...args.slice(0, 4),
    { ...(args[4] as object), ...changes },
  ];

  test("with none of these", async () => {
    expect(await deploy((args) => args)).toBe("deployed");
  });

  test("when a part points elsewhere or is none", async () => {
    expect(await deploy((args) => args, { runtimeNonce: 5 })).toBe("BadPart");
    for (const [position, part] of [
      [0, wallet(1)],
      [0, network.token.address],
      [1, network.escrow.address],
      [2, network.registry.address],
      [3, network.rewards.address],
      [3, wallet(1)],
      [3, network.registry.address],
    ] as const) {
      expect(await deploy((args) => args.with(position, part))).toBe("BadPart");
    }
  });

  test("when the rewards contract counts with other numbers", async () => {
    const other = { ...DEFAULTS, genesis: chain.now, emission: DEFAULTS.emission - 1n };
    expect(await deploy((args) => args, { rewardsParameters: other })).toBe("BadPart");
  });

  test.each([
    { epochSeconds: 0 },
    { genesis: 2 ** 39 },
    { closeDelay: 0 },
    { closeDelay: DEFAULTS.closeDelay + 1 },
    { orderLifetime: 0 },
    { orderLifetime: 601 },
    { receiptTokens: 0 },
    { frameBytes: 1023 },
    { marginBps: 10_001 },
    { unbondingEpochs: 2 },
    { minimumStake: 0n },
    { maxValidators: 0 },
    { maxValidators: 65 },
    { maxNodes: 0 },
    { maxNodes: 10_001 },
    { anchorSeconds: 0 },
    { commitSeconds: DEFAULTS.anchorSeconds },
    { revealSeconds: DEFAULTS.commitSeconds },
    { revealSeconds: DEFAULTS.epochSeconds },
    { halvingEpochs: 0 },
    // One wei more than all that may ever be minted as rewards.
    { halvingEpochs: 500, emission: 350_000n * COR + 1n },
    { idleEpochs: 0 },
    { confirmedEpochs: 0 },
    { confirmedEpochs: 256 },
    { reportBytes: 1023 },
    { reportBytes: (1 << 17) + 1 },
    { minersBps: 8001 },
  ])("with %o", async (changes) => {
    expect(await deploy(withParameters(changes))).toBe("BadParameter");
  });
});
