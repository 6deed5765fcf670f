import { AbiCoder, concat, keccak256, MaxUint256, toBeHex, ZeroAddress, zeroPadValue } from "ethers";
import { randomBytes } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { startAnvil } from "../../support/anvil.ts";
import { COR, DEFAULTS, deployNetwork, TestChain, TREASURY } from "./contracts.ts";
import { domainOf, sign, testKey } from "./keys.ts";
import { MINER, ROUTER, VALIDATOR } from "./registryModel.ts";

// As in life: storage written in other transactions, sums of real size, a recipient that holds COR already.
const chain = await new TestChain(await startAnvil(afterAll)).start();
const network = await deployNetwork(chain, { minimumStake: COR });
const { token, escrow, registry, rewards } = network;
const genesis = (await chain.view(network.runtime, "parameters"))[0].genesis;
const domain = domainOf(network.runtime.address);
const [payer, signer, payee, recipient] = [testKey(41), testKey(42), testKey(43), testKey(44)];
for (const { address } of [payer, signer, payee, recipient]) {
  await chain.fundGas(address);
  await chain.call(TREASURY, token, ["transfer", address, 1000n * COR]);
  for (const spender of [escrow, registry]) await chain.call(address, token, ["approve", spender.address, MaxUint256]);
}
const session = (salt: number) => ({
  payer: payer.address,
  signer: signer.address,
  payee: payee.address,
  recipient: recipient.address,
  terms: zeroPadValue("0x7e", 32),
  expiry: chain.now + 1_000_000,
  salt: zeroPadValue(`0x0${salt}`, 32),
});

async function gasOf(from: string, contract: typeof escrow, call: readonly [string, ...unknown[]]): Promise<number> {
  const { error, gasUsed } = await chain.call(from, contract, call);
  expect(error).toBeUndefined();
  return gasUsed;
}

/** Limits are what was measured and 2%: a change that costs more should be noticed. */
function expectAtMost(measured: Record<string, number>, limits: Record<string, number>): void {
  console.info(
    Object.entries(measured)
      .map(([name, gas]) => `${name} ${gas}`)
      .join(", "),
  );
  const tooMuch = Object.entries(measured).filter(([name, gas]) => gas > (limits[name] ?? 0));
  expect(tooMuch).toEqual([]);
}

test("a session costs what the design counts on", async () => {
  const voucher = async (s: ReturnType<typeof session>, cumulative: bigint) => {
    const id = (await chain.view(escrow, "idOf", [s]))[0];
    const { r, vs } = sign(signer, domain, { session: id, cumulative });
    return [s, cumulative, r, vs] as const;
  };
  const [long, short] = [session(1), session(2)];
  const open = await gasOf(payer.address, escrow, ["open", long, 10n * COR]);
  const topUp = await gasOf(payer.address, escrow, ["topUp", long, COR]);
  const redeem = await gasOf(payee.address, escrow, ["redeem", ...(await voucher(long, COR))]);
  const redeemAgain = await gasOf(payee.address, escrow, ["redeem", ...(await voucher(long, 2n * COR))]);
  const close = await gasOf(payer.address, escrow, ["close", long]);
  chain.now += DEFAULTS.closeDelay;
  const withdraw = await gasOf(payer.address, escrow, ["withdraw", long]);
  await gasOf(payer.address, escrow, ["open", short, 10n * COR]);
  const settle = await gasOf(payee.address, escrow, ["settle", ...(await voucher(short, COR))]);
  const sums = { openRedeemCloseWithdraw: open + redeem + close + withdraw, openSettle: open + settle };
  const measured = { open, topUp, redeem, redeemAgain, close, withdraw, settle, ...sums };
  expectAtMost(measured, {
    open: 89_000,
    topUp: 52_000,
    redeem: 55_500,
    redeemAgain: 55_500,
    close: 33_000,
    withdraw: 44_000,
    settle: 62_000,
    openRedeemCloseWithdraw: 220_000,
    openSettle: 150_500,
  });
});

test("a node's life costs little", async () => {
  const consent = (key: typeof payer, role: number) => Object.values(sign(key, domain, { owner: payer.address, role }));
  const addresses = "/dns4/router.example/tcp/4001/ws\nhttps://router.example";
  const register = (key: typeof payer, role: number, text: string) =>
    gasOf(payer.address, registry, ["register", key.address, role, COR, text, ...consent(key, role), payer.address]);
  await register(signer, MINER, "");
  const registerMiner = await register(testKey(45), MINER, "");
  const registerValidator = await register(testKey(46), VALIDATOR, "");
  const registerRouter = await register(payee, ROUTER, addresses);
  const announce = await gasOf(payee.address, registry, ["announce", addresses]);
  const stake = await gasOf(payer.address, registry, ["stake", signer.address, COR]);
  const unstake = await gasOf(payer.address, registry, ["unstake", signer.address, 2n * COR]);
  chain.now += 5 * DEFAULTS.epochSeconds;
  const withdraw = await gasOf(payer.address, registry, ["withdraw", signer.address]);
  const measured = { registerMiner, registerValidator, registerRouter, announce, stake, unstake, withdraw };
  expectAtMost(measured, {
    registerMiner: 161_500,
    registerValidator: 202_500,
    registerRouter: 248_500,
    announce: 36_000,
    stake: 68_500,
    unstake: 75_500,
    withdraw: 79_000,
  });
});

test("an epoch costs its validators what the design counts on", async () => {
  const [one, two, three, miner] = [47, 48, 49, 50].map(testKey);
  const anna = testKey(43).address;
  const abi = AbiCoder.defaultAbiCoder();
  // The first two have two thirds.
  for (const [key, role, stake] of [
    [one, VALIDATOR, 200n * COR],
    [two, VALIDATOR, 100n * COR],
    [three, VALIDATOR, 100n * COR],
    [miner, MINER, 40n * COR],
  ] as const) {
    await chain.fundGas(key?.address ?? "");
    const { r, vs } = sign(key as typeof payer, domain, { owner: payer.address, role });
    await gasOf(payer.address, registry, ["register", key?.address, role, stake, "", r, vs, ZeroAddress]);
  }
  const hash = (owner: string, sum: bigint): string =>
    keccak256(keccak256(abi.encode(["address", "uint256"], [owner, sum])));
  // As deep as a tree of a thousand owners.
  const proof = Array.from({ length: 10 }, (_, at) => keccak256(toBeHex(at, 32)));
  const rootOf = (sum: bigint): string =>
    proof.reduce((node, side) => keccak256(concat(node < side ? [node, side] : [side, node])), hash(anna, sum));
  const gas: Record<string, number> = {};
  const first = Math.floor((chain.now - Number(genesis)) / DEFAULTS.epochSeconds) + 2;
  const at = (epoch: number, seconds: number): void => {
    chain.now = Number(genesis) + (epoch + 1) * DEFAULTS.epochSeconds + seconds;
  };
  const bytes: Record<number, number> = { 0: 200, 1: 2000, 2: 20_000 };
  for (const [turn, sum] of [700n, 1500n, 1600n].entries()) {
    const epoch = first + turn;
    at(epoch, 0);
    gas["anchor"] = await gasOf(miner?.address ?? "", rewards, ["anchor", epoch, proof[0], 7, COR]);
    at(epoch, DEFAULTS.anchorSeconds);
    const opening = (key: typeof one) => [keccak256(key?.address ?? ""), key?.address, epoch, rootOf(sum)] as const;
    for (const key of [one, two, three]) {
      const seal = keccak256(abi.encode(["bytes32", "address", "uint32", "bytes32"], opening(key)));
      // As random as what is sealed.
      const report = randomBytes(bytes[turn] ?? 0);
      const name = `commit ${(bytes[turn] ?? 0) / 2}`;
      gas[name] = await gasOf(key?.address ?? "", rewards, ["commit", epoch, seal, report]);
    }
    at(epoch, DEFAULTS.commitSeconds);
    for (const [index, key] of [one, two, three].entries()) {
      const [secret, validator, of, root] = opening(key);
      const name = ["reveal", "reveal settling", "reveal after"][index] ?? "";
      gas[name] = await gasOf(signer.address, rewards, ["reveal", of, validator, secret, root]);
    }
    const name = turn === 0 ? "claim first" : "claim again";
    gas[name] = await gasOf(signer.address, rewards, ["claim", anna, epoch - 1, sum, proof]);
  }
  const suspended = testKey(46).address;
  gas["suspend"] = await gasOf(signer.address, rewards, ["suspend", suspended]);
  expectAtMost(gas, {
    anchor: 51_700,
    "commit 100": 97_100,
    "commit 1000": 106_500,
    "commit 10000": 838_000,
    reveal: 79_000,
    "reveal settling": 88_800,
    "reveal after": 57_000,
    "claim first": 106_900,
    "claim again": 72_000,
    suspend: 61_000,
  });
});
