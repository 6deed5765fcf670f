import { MaxUint256, zeroPadValue } from "ethers";
import { afterAll, expect, test } from "vitest";
import { startAnvil } from "../../support/anvil.ts";
import { COR, DEFAULTS, deployNetwork, TestChain, TREASURY } from "./contracts.ts";
import { domainOf, sign, testKey } from "./keys.ts";
import { MINER, ROUTER, VALIDATOR } from "./registryModel.ts";

// As in life: storage written in other transactions, sums of real size, a recipient that holds COR already.
const chain = await new TestChain(await startAnvil(afterAll)).start();
const network = await deployNetwork(chain, { minimumStake: COR });
const { token, escrow, registry } = network;
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
    registerMiner: 154_000,
    registerValidator: 195_000,
    registerRouter: 241_000,
    announce: 36_000,
    stake: 64_000,
    unstake: 71_000,
    withdraw: 79_000,
  });
});
