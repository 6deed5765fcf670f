import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { EmbeddedChain } from "../../../src/chain/anvil/embeddedChain.ts";
import { jsonRpc } from "../../../src/chain/anvil/jsonRpc.ts";
import { createFaucet } from "../../../src/chain/ethers/faucet.ts";
import type { Chain, NetworkPreset } from "../../../src/chain/interface.ts";
import { type ChainWorld, consentOf, COR, funded } from "../../support/chainSuite.ts";
import { deploy, headAt, startChain, startEmbedded, temporaryFolder } from "../../support/practiceNetwork.ts";
import { rewardsSuite } from "../../support/rewardsSuite.ts";

const ROOT = `0x${"77".repeat(32)}` as const;

describe("epochs over JSON-RPC", () => {
  let embedded: EmbeddedChain;
  let preset: NetworkPreset;
  let chain: Chain;
  let clean: () => Promise<void>;

  beforeAll(async () => {
    const home = await temporaryFolder();
    clean = home.clean;
    embedded = await startEmbedded(home.folder);
    preset = await deploy(embedded.rpcUrl);
    chain = await startChain(preset);
  });
  afterAll(async () => {
    await chain.stop();
    await embedded.stop();
    await clean();
  });

  async function advance(seconds: number): Promise<void> {
    await jsonRpc(embedded.rpcUrl, "evm_increaseTime", { params: [seconds] });
    await embedded.mine();
    await headAt(chain, Number(await jsonRpc(embedded.rpcUrl, "eth_blockNumber")));
  }

  const world = (): ChainWorld => ({
    chain,
    fund: (address, least) => createFaucet({ preset }).fund(address, least),
    advance,
  });

  rewardsSuite(world);

  /** A miner that has just anchored its receipts, by a writer that is gone, so that nobody sends anything again. */
  async function anchored(): Promise<{ readonly epoch: number; readonly undo: unknown }> {
    const writer = await startChain(preset);
    onTestFinished(() => writer.stop());
    const [owner, node] = [await funded(world()), await funded(world(), 0n)];
    const consent = consentOf(node, { chain, owner: owner.address, role: "miner" });
    const { address } = node;
    await writer.as(owner).register({ address, role: "miner", stakeWei: 100n * COR, addresses: [], consent });
    await advance(2 * chain.parameters.epochSeconds);
    await advance(chain.epoch().endsAt - chain.head().timestamp);
    const undo = await jsonRpc(embedded.rpcUrl, "evm_snapshot");
    const epoch = chain.epoch().epoch - 1;
    await writer.as(node).anchor({ epoch, root: ROOT, count: 1, feeSumWei: 2n });
    await writer.as(owner).stake(address, COR);
    await writer.stop();
    return { epoch, undo };
  }

  test("blocks that are taken back take along what they said, whoever has read it", async () => {
    const { epoch, undo } = await anchored();
    const stakes = async (): Promise<bigint> =>
      (await chain.epochRecord(epoch + 2)).nodes.reduce((sum, { stakeWei }) => sum + stakeWei, 0n);
    expect((await chain.epochRecord(epoch)).anchors).toHaveLength(1);
    const staked = await stakes();
    await jsonRpc(embedded.rpcUrl, "evm_revert", { params: [undo] });
    await embedded.mine();
    expect((await chain.epochRecord(epoch)).anchors).toEqual([]);
    expect(await stakes()).toBe(staked - COR);
  });

  test("what an epoch held is read the same after the chain was stopped and started", async () => {
    const { epoch } = await anchored();
    const before = await chain.epochRecord(epoch);
    expect(before.anchors).toHaveLength(1);
    await embedded.stop();
    await embedded.start();
    const again = await startChain({ ...preset, rpc: [embedded.rpcUrl] });
    onTestFinished(() => again.stop());
    expect(await again.epochRecord(epoch)).toEqual(before);
  });
});
