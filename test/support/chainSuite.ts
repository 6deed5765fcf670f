import { expect, test } from "vitest";
import { type Chain, ROLE, type Role } from "../../src/chain/interface.ts";
import { CortensorError } from "../../src/errors/cortensorError.ts";
import type { Signer } from "../../src/keys/interface.ts";
import { createSigner, newPrivateKey } from "../../src/keys/signer.ts";
import { digest, registerHash, voucherHash } from "../../src/protocol/eip712.ts";
import type { Session, Signed, Voucher } from "../../src/protocol/records.ts";
import type { Address, Hex } from "../../src/util/types.ts";

/** One COR. */
export const COR = 10n ** 18n;

/** A started chain with a practice network on it, and what only its world can do. */
export interface ChainWorld {
  readonly chain: Chain;
  fund(address: Address, least: { corWei: bigint; gasWei: bigint }): Promise<void>;
  /** Lets block time go on; seen by `chain.head()` when it returns. */
  advance(seconds: number): Promise<void>;
}

/** A key with money. */
export async function funded({ fund }: ChainWorld, cor = 1000n): Promise<Signer> {
  const signer = createSigner(newPrivateKey());
  await fund(signer.address, { corWei: cor * COR, gasWei: COR });
  return signer;
}

export function signVoucher(
  chain: Chain,
  session: Session,
  { cumulative, by }: { cumulative: bigint; by: Signer },
): Signed<Voucher> {
  const record = { session: chain.sessionId(session), cumulative };
  return { record, signature: by.sign(digest(chain.domain, voucherHash(record))) };
}

export function consentOf(node: Signer, { chain, owner, role }: { chain: Chain; owner: Address; role: Role }): Hex {
  return node.sign(digest(chain.domain, registerHash({ owner, role: ROLE[role] })));
}

/** Whatever a test does next happens in one epoch. */
async function atBeginOfEpoch({ chain, advance }: ChainWorld): Promise<void> {
  await advance(chain.epoch().endsAt - chain.head().timestamp);
}

/** The contract's error by name, or the code of an error that is none. */
export async function reasonOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof CortensorError)) throw error;
    return error.code === "chain-rejected" ? error.details.data?.reason : error.code;
  }
  return "nothing was thrown";
}

interface Parties {
  readonly payer: Signer;
  readonly signer: Signer;
  readonly payee: Signer;
  readonly recipient: Address;
  readonly session: Session;
}

async function parties(world: ChainWorld): Promise<Parties> {
  const [payer, signer, payee] = await Promise.all([funded(world), funded(world), funded(world)]);
  const recipient = createSigner(newPrivateKey()).address;
  const session: Session = {
    payer: payer.address,
    signer: signer.address,
    payee: payee.address,
    recipient,
    terms: `0x${"00".repeat(32)}`,
    expiry: world.chain.head().timestamp + 10_000_000,
    salt: newPrivateKey(),
  };
  return { payer, signer, payee, recipient, session };
}

/** What every chain promises. `world` gives the same one to all tests. */
export function chainSuite(world: () => ChainWorld): void {
  sessionTests(world);
  nodeTests(world);
  otherTests(world);
}

function sessionTests(world: () => ChainWorld): void {
  test("a session pays its recipient what the highest voucher says, and the rest goes back", async () => {
    const { chain, advance } = world();
    const { payer, signer, payee, recipient, session } = await parties(world());
    const id = chain.sessionId(session);
    const corOf = async (address: Address): Promise<bigint> => (await chain.balance(address)).corWei;
    expect(await chain.session(id)).toBeUndefined();
    await chain.as(payer).openSession(session, 10n * COR);
    expect(await chain.session(id)).toEqual({ depositWei: 10n * COR, redeemedWei: 0n, closesAt: 0, ended: false });
    expect(await corOf(payer.address)).toBe(990n * COR);
    await chain.as(payee).redeem(session, signVoucher(chain, session, { cumulative: 3n * COR + 1n, by: signer }));
    expect(await corOf(recipient)).toBe(3n * COR + 1n);
    await chain.as(signer).redeem(session, signVoucher(chain, session, { cumulative: 4n * COR, by: signer }));
    expect(await corOf(recipient)).toBe(4n * COR);
    expect(await reasonOf(chain.as(payer).withdrawSession(session))).toBe("StillOpen");
    await chain.as(payer).closeSession(session);
    const closesAt = (await chain.session(id))?.closesAt ?? 0;
    expect(closesAt).toBeGreaterThanOrEqual(chain.head().timestamp + chain.parameters.closeDelaySeconds - 5);
    expect(await reasonOf(chain.as(payer).closeSession(session))).toBe("SessionClosing");
    expect(await reasonOf(chain.as(payer).topUp(session, 1n))).toBe("SessionClosing");
    expect(await reasonOf(chain.as(payer).withdrawSession(session))).toBe("StillOpen");
    await advance(chain.parameters.closeDelaySeconds + 1);
    await chain.as(payee).redeem(session, signVoucher(chain, session, { cumulative: 5n * COR, by: signer }));
    await chain.as(payer).withdrawSession(session);
    expect(await corOf(payer.address)).toBe(995n * COR);
    expect(await chain.session(id)).toMatchObject({ redeemedWei: 5n * COR, ended: true });
    const late = signVoucher(chain, session, { cumulative: 6n * COR, by: signer });
    expect(await reasonOf(chain.as(payee).redeem(session, late))).toBe("SessionEnded");
    expect(await reasonOf(chain.as(payer).openSession(session, COR))).toBe("SessionExists");
  });

  test("the deposit is the limit of what a voucher pays, until it is topped up", async () => {
    const { chain } = world();
    const { payer, signer, payee, recipient, session } = await parties(world());
    await chain.as(payer).openSession(session, COR);
    const voucher = signVoucher(chain, session, { cumulative: 3n * COR, by: signer });
    await chain.as(payee).redeem(session, voucher);
    expect((await chain.balance(recipient)).corWei).toBe(COR);
    expect(await reasonOf(chain.as(payee).redeem(session, voucher))).toBe("NothingNew");
    await chain.as(signer).topUp(session, 4n * COR);
    await chain.as(payee).redeem(session, voucher);
    expect((await chain.balance(recipient)).corWei).toBe(3n * COR);
    expect(await chain.session(chain.sessionId(session))).toMatchObject({ depositWei: 5n * COR });
  });

  test("the payee ends a session at once by settling it, with a voucher or without", async () => {
    const { chain } = world();
    const [one, two] = await Promise.all([parties(world()), parties(world())]);
    await chain.as(one.payer).openSession(one.session, 2n * COR);
    await chain.as(two.payer).openSession(two.session, 2n * COR);
    const voucher = signVoucher(chain, one.session, { cumulative: COR, by: one.signer });
    expect(await reasonOf(chain.as(one.payer).settle(one.session, voucher))).toBe("NotPayee");
    await chain.as(one.payee).settle(one.session, voucher);
    expect((await chain.balance(one.recipient)).corWei).toBe(COR);
    expect((await chain.balance(one.payer.address)).corWei).toBe(999n * COR);
    await chain.as(two.payee).settle(two.session, undefined);
    expect((await chain.balance(two.recipient)).corWei).toBe(0n);
    expect((await chain.balance(two.payer.address)).corWei).toBe(1000n * COR);
    expect(await reasonOf(chain.as(two.payee).settle(two.session, undefined))).toBe("SessionEnded");
  });

  test("a voucher of another key, another session or another amount than was signed is refused", async () => {
    const { chain } = world();
    const [one, two] = await Promise.all([parties(world()), parties(world())]);
    const { payer, signer, payee, session } = one;
    await chain.as(payer).openSession(session, 2n * COR);
    const redeem = (voucher: Signed<Voucher>): Promise<unknown> => reasonOf(chain.as(payee).redeem(session, voucher));
    expect(await redeem(signVoucher(chain, session, { cumulative: COR, by: payee }))).toBe("BadSigner");
    expect(await redeem(signVoucher(chain, two.session, { cumulative: COR, by: signer }))).toBe("BadSigner");
    const good = signVoucher(chain, session, { cumulative: COR, by: signer });
    expect(await redeem({ ...good, record: { ...good.record, cumulative: COR + 1n } })).toBe("BadSigner");
    expect((await chain.session(chain.sessionId(session)))?.redeemedWei).toBe(0n);
    expect(await redeem(good)).toBe("nothing was thrown");
  });

  test("a voucher that adds nothing says what it holds and what was redeemed", async () => {
    const { chain } = world();
    const { payer, signer, payee, session } = await parties(world());
    await chain.as(payer).openSession(session, 2n * COR);
    await chain.as(payee).redeem(session, signVoucher(chain, session, { cumulative: 5n, by: signer }));
    const again = chain.as(payee).redeem(session, signVoucher(chain, session, { cumulative: 4n, by: signer }));
    await expect(again).rejects.toMatchObject({
      code: "chain-rejected",
      details: { data: { reason: "NothingNew", args: { cumulative: 4n, redeemed: 5n } } },
    });
  });

  test("a session is opened by its payer, with money, and long before it expires", async () => {
    const { chain } = world();
    const { payer, payee, session } = await parties(world());
    const open = (by: Signer, what: Session, amountWei: bigint): Promise<unknown> =>
      reasonOf(chain.as(by).openSession(what, amountWei));
    expect(await open(payee, session, COR)).toBe("NotPayer");
    expect(await open(payer, session, 0n)).toBe("ZeroAmount");
    expect(await open(payer, { ...session, expiry: chain.head().timestamp + 10 }, COR)).toBe("BadExpiry");
    expect(await open(payer, session, 1001n * COR)).toBe("ERC20InsufficientBalance");
    expect(await reasonOf(chain.as(payer).topUp(session, COR))).toBe("SessionUnknown");
    expect(await chain.session(chain.sessionId(session))).toBeUndefined();
  });
}

function nodeTests(world: () => ChainWorld): void {
  test("an owner registers a node that agrees, and its stake is in force from the next epoch", async () => {
    const { chain, advance } = world();
    await atBeginOfEpoch(world());
    const [owner, node] = await Promise.all([funded(world()), funded(world(), 0n)]);
    const consent = consentOf(node, { chain, owner: owner.address, role: "router" });
    const addresses = ["/ip4/127.0.0.1/tcp/4001/ws", "https://one.example.org"];
    const router = { address: node.address, role: "router", stakeWei: 150n * COR, addresses, consent } as const;
    expect(await reasonOf(chain.as(node).register(router))).toBe("BadNodeSignature");
    expect(await reasonOf(chain.as(owner).register({ ...router, role: "miner" }))).toBe("BadNodeSignature");
    expect(await reasonOf(chain.as(owner).register({ ...router, stakeWei: COR }))).toBe("StakeTooLow");
    await chain.as(owner).register(router);
    expect(await reasonOf(chain.as(owner).register(router))).toBe("AlreadyRegistered");
    const { epoch } = chain.epoch();
    expect(await chain.node(node.address)).toMatchObject({
      address: node.address,
      owner: owner.address,
      role: "router",
      suspended: false,
      stakeWei: 0n,
      unbondingWei: 0n,
      addresses,
    });
    expect((await chain.balance(owner.address)).corWei).toBe(850n * COR);
    await advance(chain.parameters.epochSeconds);
    expect(chain.epoch().epoch).toBeGreaterThan(epoch);
    expect((await chain.node(node.address))?.stakeWei).toBe(150n * COR);
    await chain.as(node).announce(["/ip4/127.0.0.1/tcp/4002/ws"]);
    expect((await chain.node(node.address))?.addresses).toEqual(["/ip4/127.0.0.1/tcp/4002/ws"]);
    expect(await reasonOf(chain.as(owner).announce([]))).toBe("UnknownNode");
  });

  test("nodes are listed by role, right after they were registered", async () => {
    const { chain } = world();
    const owner = await funded(world());
    const [miner, router] = [createSigner(newPrivateKey()), createSigner(newPrivateKey())];
    for (const [node, role] of [[miner, "miner"] as const, [router, "router"] as const]) {
      const consent = consentOf(node, { chain, owner: owner.address, role });
      const addresses = ["/ip4/127.0.0.1/tcp/4001/ws"];
      await chain.as(owner).register({ address: node.address, role, stakeWei: 100n * COR, addresses, consent });
      expect((await chain.nodes()).map(({ address }) => address)).toContain(node.address);
    }
    const miners = await chain.nodes("miner");
    expect(miners.find(({ address }) => address === miner.address)).toMatchObject({ role: "miner", addresses: [] });
    expect(miners.some(({ address }) => address === router.address)).toBe(false);
    expect(await chain.node(owner.address)).toBeUndefined();
  });

  test("stake leaves to the owner alone, after it has answered long enough, and the node is forgotten", async () => {
    const { chain, advance } = world();
    const [owner, node, friend] = await Promise.all([funded(world()), funded(world(), 0n), funded(world())]);
    const consent = consentOf(node, { chain, owner: owner.address, role: "miner" });
    await chain
      .as(owner)
      .register({ address: node.address, role: "miner", stakeWei: 100n * COR, addresses: [], consent });
    await chain.as(friend).stake(node.address, 50n * COR);
    await advance(chain.parameters.epochSeconds);
    expect((await chain.node(node.address))?.stakeWei).toBe(150n * COR);
    expect(await reasonOf(chain.as(node).unstake(node.address, COR))).toBe("NotOwner");
    expect(await reasonOf(chain.as(owner).unstake(node.address, 51n * COR))).toBe("StakeTooLow");
    expect(await reasonOf(chain.as(owner).withdrawStake(node.address))).toBe("NothingToWithdraw");
    await chain.as(owner).unstake(node.address, 1000n * COR);
    expect(await chain.node(node.address)).toMatchObject({ unbondingWei: 150n * COR });
    expect(await reasonOf(chain.as(owner).withdrawStake(node.address))).toBe("NothingToWithdraw");
    await advance(5 * chain.parameters.epochSeconds);
    await chain.as(owner).withdrawStake(node.address);
    expect((await chain.balance(owner.address)).corWei).toBe(1050n * COR);
    expect(await chain.node(node.address)).toBeUndefined();
  });
}

function otherTests(world: () => ChainWorld): void {
  test("COR and coins are sent, as far as there are any", async () => {
    const { chain } = world();
    const from = await funded(world());
    const to = createSigner(newPrivateKey()).address;
    const mined = await chain.as(from).transferCor(to, 7n);
    expect(mined.hash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(mined.gasUsed).toBeGreaterThan(0n);
    await chain.as(from).transferGas(to, 9n);
    expect(await chain.balance(to)).toEqual({ corWei: 7n, gasWei: 9n });
    expect(await reasonOf(chain.as(from).transferCor(to, 2000n * COR))).toBe("ERC20InsufficientBalance");
    expect(await reasonOf(chain.as(from).transferGas(to, 2n * COR))).toBe("gas-low");
  });

  test("many writes of one key at once all get in, each once", async () => {
    const { chain } = world();
    const from = await funded(world());
    const to = createSigner(newPrivateKey()).address;
    const sent = await Promise.all(Array.from({ length: 40 }, (_, at) => chain.as(from).transferCor(to, BigInt(at))));
    expect(new Set(sent.map(({ hash }) => hash)).size).toBe(40);
    expect((await chain.balance(to)).corWei).toBe(780n);
  });

  test("new blocks are told until nobody wants to know", async () => {
    const { chain, advance } = world();
    const seen: number[] = [];
    const off = chain.onHead(({ number }) => seen.push(number));
    await advance(1);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.at(-1)).toBe(chain.head().number);
    off();
    const count = seen.length;
    await advance(1);
    expect(seen.length).toBe(count);
  });

  test("the faucet raises balances and never lowers them", async () => {
    const { chain, fund } = world();
    const { address } = createSigner(newPrivateKey());
    await fund(address, { corWei: 5n, gasWei: 6n });
    await fund(address, { corWei: 3n, gasWei: 2n });
    expect(await chain.balance(address)).toEqual({ corWei: 5n, gasWei: 6n });
    await fund(address, { corWei: 8n, gasWei: 0n });
    expect(await chain.balance(address)).toEqual({ corWei: 8n, gasWei: 6n });
  });
}
