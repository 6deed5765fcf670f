import { AbiCoder, keccak256, MaxUint256, ZeroAddress, zeroPadValue } from "ethers";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { startAnvil } from "../../support/anvil.ts";
import { balanceOf, CHAIN_ID, DEFAULTS, deployNetwork, type Outcome, TestChain, TREASURY } from "./contracts.ts";
import { EscrowModel, type Expected, type Operation } from "./escrowModel.ts";
import { type Compact, domainOf, NO_SIGNATURE, sign, signPermit, testKey } from "./keys.ts";

const chain = await new TestChain(await startAnvil(afterAll)).start();
const network = await deployNetwork(chain);
const { token, escrow } = network;
const domain = domainOf(network.runtime.address);
const [payer, signer, payee, recipient, stranger] = [testKey(11), testKey(12), testKey(13), testKey(14), testKey(15)];
const actors = [payer, signer, payee, recipient, stranger];
await chain.fundGas(...actors.map(({ address }) => address));
for (const { address } of actors) {
  await chain.call(TREASURY, token, ["transfer", address, 1_000_000n]);
  await chain.call(address, token, ["approve", escrow.address, MaxUint256]);
}

const base = {
  payer: payer.address,
  signer: signer.address,
  payee: payee.address,
  recipient: recipient.address,
  terms: zeroPadValue("0x7e", 32),
  expiry: chain.now + 3000,
  salt: zeroPadValue("0x01", 32),
};
type Session = typeof base;
const SESSIONS: readonly Session[] = [
  base,
  { ...base, salt: zeroPadValue("0x02", 32) },
  { ...base, signer: payer.address, recipient: payee.address },
  { ...base, payer: recipient.address, expiry: chain.now + 400 },
];

function idOf(session: Session): string {
  const types = ["address", "address", "address", "address", "bytes32", "uint40", "bytes32"];
  const { payer, signer, payee, recipient, terms, expiry, salt } = session;
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [payer, signer, payee, recipient, terms, expiry, salt]));
}

const FORGERIES = [
  "otherSigner",
  "otherSession",
  "otherChain",
  "otherNetwork",
  "otherAmount",
  "changed",
  "none",
] as const;
type VoucherKind = "true" | (typeof FORGERIES)[number];

/** The voucher of a session, or one that looks like it. */
function voucherOf(index: number, cumulative: bigint, kind: VoucherKind): Compact {
  const session = SESSIONS[index] as Session;
  const other = SESSIONS[(index + 1) % SESSIONS.length] as Session;
  const record = { session: idOf(session), cumulative };
  const key = actors.find(({ address }) => address === session.signer) ?? stranger;
  const right = sign(key, domain, record);
  const made: Record<VoucherKind, () => Compact> = {
    true: () => right,
    otherSigner: () => sign(stranger, domain, record),
    otherSession: () => sign(key, domain, { ...record, session: idOf(other) }),
    otherChain: () => sign(key, { ...domain, chainId: CHAIN_ID + 1 }, record),
    otherNetwork: () => sign(key, { ...domain, runtime: escrow.address }, record),
    otherAmount: () => sign(key, domain, { ...record, cumulative: cumulative + 1n }),
    changed: () => ({ r: right.r, vs: `${right.vs.slice(0, -1)}${right.vs.endsWith("0") ? "1" : "0"}` }),
    none: () => NO_SIGNATURE,
  };
  return made[kind]();
}

const amount = fc.bigInt(0n, 100n);
const voucher = {
  cumulative: fc.bigInt(0n, 250n),
  voucher: fc.oneof({ weight: 4, arbitrary: fc.constant("true" as const) }, fc.constantFrom(...FORGERIES)),
};
const step = fc.record({
  session: fc.nat(SESSIONS.length - 1),
  /** Who sends it; the one who should, unless given. */
  from: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.nat(actors.length - 1)),
  seconds: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(150)),
  action: fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("open" as const), amount }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("topUp" as const), amount }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("redeem" as const), ...voucher }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("settle" as const), ...voucher }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("close" as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("withdraw" as const) }) },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function natural(kind: Step["action"]["kind"], session: Session): string {
  if (kind === "settle") return session.payee;
  return kind === "close" || kind === "open" ? session.payer : stranger.address;
}

async function perform(
  model: EscrowModel,
  { session: index, from, seconds, action }: Step,
): Promise<[Outcome, Expected]> {
  const session = SESSIONS[index] as Session;
  const sender = from === undefined ? natural(action.kind, session) : (actors[from]?.address ?? "");
  chain.now += seconds;
  const context = { from: sender, now: chain.now + 1 };
  if (action.kind === "redeem" || action.kind === "settle") {
    const { r, vs } = voucherOf(index, action.cumulative, action.voucher);
    const operation: Operation = {
      kind: action.kind,
      cumulative: action.cumulative,
      voucherHolds: action.voucher === "true",
    };
    const outcome = await chain.call(sender, escrow, [action.kind, session, action.cumulative, r, vs]);
    return [outcome, model.apply(operation, index, context)];
  }
  const outcome = await chain.call(sender, escrow, [
    action.kind,
    session,
    ...("amount" in action ? [action.amount] : []),
  ]);
  return [outcome, model.apply(action, index, context)];
}

/** The books of the chain are those of the model, and add up by themselves. */
async function checkBooks(model: EscrowModel): Promise<void> {
  const addresses = [escrow.address, ...actors.map(({ address }) => address)];
  const results = await chain.views([
    ...addresses.map((address) => [token, "balanceOf", address] as const),
    ...SESSIONS.map((session) => [escrow, "stateOf", idOf(session)] as const),
  ]);
  const [held, ...balances] = results.slice(0, addresses.length).map((result) => BigInt(result[0]));
  const states = results.slice(addresses.length).map((result) => result[0]);
  expect(held).toBe(model.locked);
  expect(balances).toEqual(actors.map(({ address }) => 1_000_000n + (model.moved.get(address) ?? 0n)));
  expect(
    states.map(({ deposit, redeemed, closesAt, ended }) => ({ deposit, redeemed, closesAt: Number(closesAt), ended })),
  ).toEqual(model.states.map(({ deposit, redeemed, closesAt, ended }) => ({ deposit, redeemed, closesAt, ended })));
}

describe("whatever is called by whomever and in whichever order", () => {
  test("sessions pay what was signed, refund the rest, and stay shut", { timeout: 60_000 }, async () => {
    // Some sessions are open from the start, so that fewer steps meet none.
    const opened = fc
      .subarray([...SESSIONS.keys()])
      .map((indexes) =>
        indexes.map(
          (session): Step => ({ session, from: undefined, seconds: 0, action: { kind: "open", amount: 80n } }),
        ),
      );
    const steps = fc.array(step, { minLength: 25, maxLength: 45, size: "max" });
    const schedules = fc.tuple(opened, steps).map((parts) => parts.flat());
    await fc.assert(
      fc.asyncProperty(schedules, (schedule) =>
        chain.undone(async () => {
          const model = new EscrowModel(SESSIONS, DEFAULTS.closeDelay);
          for (const next of schedule) {
            const [{ error, events }, expected] = await perform(model, next);
            expect(error === undefined ? { events: events.map(({ name }) => name) } : { error }).toEqual(expected);
            await checkBooks(model);
          }
          // At the end of all sessions what was paid and what came back is what was put in.
          chain.now = base.expiry;
          for (const session of SESSIONS.keys()) {
            await perform(model, { session, from: undefined, seconds: 0, action: { kind: "withdraw" } });
          }
          await checkBooks(model);
          expect(await balanceOf(chain, token, escrow.address)).toBe(0n);
          for (const state of model.states) {
            expect(state.redeemed + state.refunded).toBe(state.deposit);
            expect(state.redeemed).toBeLessThanOrEqual(state.highestVoucher);
            if (state.ended) expect([payee.address, recipient.address, "time"]).toContain(state.endedBy);
          }
        }),
      ),
      { numRuns: 40 },
    );
  });
});

describe("one session", () => {
  const redeem = (index: number, cumulative: bigint, kind: VoucherKind = "true") => {
    const { r, vs } = voucherOf(index, cumulative, kind);
    return chain.call(stranger.address, escrow, ["redeem", SESSIONS[index], cumulative, r, vs]);
  };

  test("is named by the hash of its content", async () => {
    for (const session of SESSIONS) expect(await chain.view(escrow, "idOf", [session])).toEqual([idOf(session)]);
  });

  test("is unknown when any part of it is another", async () => {
    await chain.undone(async () => {
      await chain.call(payer.address, escrow, ["open", base, 100n]);
      const changes = {
        payer: stranger.address,
        signer: stranger.address,
        payee: stranger.address,
        recipient: stranger.address,
        terms: zeroPadValue("0x03", 32),
        expiry: base.expiry + 1,
        salt: zeroPadValue("0x04", 32),
      };
      for (const [name, value] of Object.entries(changes)) {
        const { r, vs } = voucherOf(0, 10n, "true");
        const outcome = await chain.call(payee.address, escrow, ["redeem", { ...base, [name]: value }, 10n, r, vs]);
        expect(outcome).toMatchObject({ error: "SessionUnknown" });
      }
    });
  });

  test("tells what it did and why it did not", async () => {
    await chain.undone(async () => {
      const id = idOf(base);
      const opened = await chain.call(payer.address, escrow, ["open", base, 100n]);
      expect(opened.events[0]?.args.toObject()).toMatchObject({ id, deposit: 100n });
      expect(idOf(opened.events[0]?.args["session"].toObject())).toBe(id);
      expect((await redeem(0, 40n)).events[0]?.args.toObject()).toMatchObject({ id, amount: 40n, cumulative: 40n });
      expect(await redeem(0, 40n)).toMatchObject({ error: "NothingNew", errorArgs: [40n, 40n] });
      // A voucher over more than there is pays what there is, and is worth more after a top-up.
      expect((await redeem(0, 500n)).events[0]?.args.toObject()).toMatchObject({ amount: 60n, cumulative: 500n });
      await chain.call(stranger.address, escrow, ["topUp", base, 5n]);
      expect((await redeem(0, 500n)).events[0]?.args.toObject()).toMatchObject({ amount: 5n, cumulative: 500n });
      const closing = await chain.call(signer.address, escrow, ["close", base]);
      const closesAt = BigInt(chain.now + DEFAULTS.closeDelay);
      expect(closing.events[0]?.args.toObject()).toEqual({ id, closesAt });
      const again = await chain.call(payer.address, escrow, ["close", base]);
      expect(again).toMatchObject({ error: "SessionClosing", errorArgs: [id, closesAt] });
      const early = await chain.call(payer.address, escrow, ["withdraw", base]);
      expect(early).toMatchObject({ error: "StillOpen", errorArgs: [id, closesAt] });
      chain.now = Number(closesAt) - 2;
      expect(await chain.call(payer.address, escrow, ["withdraw", base])).toMatchObject({ error: "StillOpen" });
      const ended = await chain.call(stranger.address, escrow, ["withdraw", base]);
      expect(ended.events[0]?.args.toObject()).toEqual({ id, refund: 0n });
      expect(await redeem(0, 501n)).toMatchObject({ error: "SessionEnded" });
      expect(await chain.call(payer.address, escrow, ["open", base, 1n])).toMatchObject({ error: "SessionExists" });
    });
  });

  test.each(FORGERIES)("refuses a voucher: %s", async (kind) => {
    await chain.undone(async () => {
      for (const session of [base, SESSIONS[1]]) await chain.call(payer.address, escrow, ["open", session, 100n]);
      expect(await redeem(0, 10n, kind)).toMatchObject({ error: "BadSigner" });
      const { r, vs } = voucherOf(0, 10n, kind);
      expect(await chain.call(payee.address, escrow, ["settle", base, 10n, r, vs])).toMatchObject({
        error: "BadSigner",
      });
      expect(await redeem(0, 10n)).toMatchObject({ error: undefined });
    });
  });
});

describe("a session that names no signer", () => {
  test("pays nobody: what recovers to no address is no signature", async () => {
    await chain.undone(async () => {
      const session = { ...base, signer: ZeroAddress };
      await chain.call(payer.address, escrow, ["open", session, 100n]);
      const { r, vs } = NO_SIGNATURE;
      const outcome = await chain.call(payee.address, escrow, ["redeem", session, 10n, r, vs]);
      expect(outcome).toMatchObject({ error: "BadSigner", errorArgs: [ZeroAddress] });
    });
  });
});

describe("a session opened with a permit", () => {
  test("needs no approval before, and does not mind who used the permit", async () => {
    await chain.undone(async () => {
      await chain.call(payer.address, token, ["approve", escrow.address, 0n]);
      const deadline = MaxUint256;
      const permit = { owner: payer.address, spender: escrow.address, value: 70n, nonce: 0n, deadline };
      const signed = signPermit(payer, token.address, permit);
      const open = (value: bigint) => chain.call(payer.address, escrow, ["openWithPermit", base, value, ...signed]);
      expect((await open(71n)).error).toContain("unnamed");
      await chain.undone(async () => expect(await open(70n)).toMatchObject({ error: undefined }));
      await chain.call(stranger.address, token, ["permit", payer.address, escrow.address, 70n, ...signed]);
      expect(await open(70n)).toMatchObject({ error: undefined });
      expect(await balanceOf(chain, token, escrow.address)).toBe(70n);
    });
  });
});
