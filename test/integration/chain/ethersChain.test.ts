import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { EmbeddedChain } from "../../../src/chain/anvil/embeddedChain.ts";
import { jsonRpc } from "../../../src/chain/anvil/jsonRpc.ts";
import { createFaucet } from "../../../src/chain/ethers/faucet.ts";
import type { Chain, NetworkPreset } from "../../../src/chain/interface.ts";
import { createSigner, newPrivateKey } from "../../../src/keys/signer.ts";
import { type ChainWorld, COR, chainSuite, funded, reasonOf } from "../../support/chainSuite.ts";
import { deploy, headAt, startChain, startEmbedded, temporaryFolder } from "../../support/practiceNetwork.ts";

/** Nothing listens there: the port is privileged and unused. */
const DEAD = "http://127.0.0.1:9";

describe("the chain over JSON-RPC", () => {
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

  chainSuite(world);

  test("the network has the parameters that were asked for, and defaults for the others", async () => {
    const fast = await startChain(await deploy(embedded.rpcUrl, { parameters: { epochSeconds: 7, marginBps: 250 } }));
    onTestFinished(() => fast.stop());
    expect(fast.parameters).toMatchObject({ epochSeconds: 7, marginBps: 250, closeDelaySeconds: 600, practice: true });
    expect(fast.epoch()).toMatchObject({ epoch: 0, epochSeconds: 7 });
  });

  test("numbers that make no network are refused by name", async () => {
    const nonsense = deploy(embedded.rpcUrl, { parameters: { orderLifetimeSeconds: 6000 } });
    await expect(nonsense).rejects.toMatchObject({
      code: "chain-rejected",
      details: { data: { reason: "BadParameter", args: { name: "orderLifetime" } } },
    });
  });

  test("a dead endpoint is passed over, and named while it is", async () => {
    const over = await startChain(preset, [DEAD, embedded.rpcUrl]);
    onTestFinished(() => over.stop());
    const from = await funded(world());
    await over.as(from).transferCor(createSigner(newPrivateKey()).address, 1n);
    expect(over.endpoints()).toMatchObject([
      { url: DEAD, ok: false, error: "connection refused" },
      { url: embedded.rpcUrl, ok: true },
    ]);
  });

  test("without any endpoint the error says why for each", async () => {
    const away = startChain(preset, [DEAD, "http://localhost.invalid:1"]);
    await expect(away).rejects.toMatchObject({
      code: "rpc-unreachable",
      message: "none of 2 chain endpoints answers",
      details: {
        why: [
          ["why", `${DEAD}: connection refused`],
          ["why", expect.stringContaining("http://localhost.invalid:1: ")],
        ],
      },
    });
  });

  test("an endpoint of another chain is not believed", async () => {
    const wrong = startChain({ ...preset, chainId: 421_614 });
    await expect(wrong).rejects.toMatchObject({ code: "chain-mismatch", details: { data: { found: 31_337 } } });
    const none = startChain({ ...preset, runtime: `0x${"ab".repeat(20)}` });
    await expect(none).rejects.toMatchObject({ code: "chain-mismatch" });
  });

  test("contracts of another version are told apart from none", async () => {
    const runtime = `0x${"cd".repeat(20)}` as const;
    // Returns one word of zeros, whatever it is asked.
    await jsonRpc(embedded.rpcUrl, "anvil_setCode", { params: [runtime, "0x60206000f3"] });
    await expect(startChain({ ...preset, runtime })).rejects.toMatchObject({
      code: "chain-mismatch",
      message: "the runtime contract answers parameters in another form",
    });
  });

  test("one key used by two processes at once gets all its transactions in", async () => {
    const from = await funded(world());
    const to = createSigner(newPrivateKey()).address;
    const other = await startChain(preset);
    onTestFinished(() => other.stop());
    const send = (by: Chain): Promise<unknown>[] => Array.from({ length: 5 }, () => by.as(from).transferCor(to, 1n));
    await Promise.all([...send(chain), ...send(other)]);
    expect((await chain.balance(to)).corWei).toBe(10n);
  });

  test("many who ask the faucet at once all get what they asked for", async () => {
    const asking = Array.from({ length: 12 }, () => createSigner(newPrivateKey()).address);
    await Promise.all(asking.map((address) => createFaucet({ preset }).fund(address, { corWei: 5n, gasWei: 7n })));
    for (const address of asking) expect(await chain.balance(address)).toEqual({ corWei: 5n, gasWei: 7n });
  });

  test("a wallet without coins is told so", async () => {
    const poor = createSigner(newPrivateKey());
    await createFaucet({ preset }).fund(poor.address, { corWei: COR, gasWei: 0n });
    expect(await reasonOf(chain.as(poor).transferCor(poor.address, 1n))).toBe("gas-low");
  });

  test("a network whose money counts has no faucet", () => {
    expect(() => createFaucet({ preset: { ...preset, practice: false } })).toThrow("no practice network");
  });
});
