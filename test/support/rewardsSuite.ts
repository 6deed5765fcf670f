import { expect, test } from "vitest";
import type { Chain } from "../../src/chain/interface.ts";
import { phaseAt } from "../../src/protocol/phase.ts";
import type { Signer } from "../../src/keys/interface.ts";
import { createSigner, newPrivateKey } from "../../src/keys/signer.ts";
import { nextPayout } from "../../src/protocol/payout.ts";
import { encodeReport, type Report } from "../../src/protocol/report.ts";
import { type Opening, reportLabel, sealedReport } from "../../src/protocol/reportSeal.ts";
import { claimProof, NOTHING_SETTLED, type Settled, settledRoot } from "../../src/protocol/settled.ts";
import type { Address, Hex } from "../../src/util/types.ts";
import { type ChainWorld, consentOf, COR, funded, reasonOf } from "./chainSuite.ts";

const ZERO: Hex = `0x${"00".repeat(32)}`;
const ROOT: Hex = `0x${"77".repeat(32)}`;

type PhaseName = "anchor" | "commit" | "reveal" | "settle";

/** Into a phase of the next epochs' reporting; the epoch that is reported then. */
async function toPhase({ chain, advance }: ChainWorld, phase: PhaseName, epochs = 0): Promise<number> {
  const { parameters } = chain;
  const { genesis, epochSeconds, anchorSeconds, commitSeconds, revealSeconds } = parameters;
  const offset = { anchor: 0, commit: anchorSeconds, reveal: commitSeconds, settle: revealSeconds }[phase];
  const now = chain.head().timestamp;
  const epoch = Math.floor((now - genesis) / epochSeconds) + epochs;
  const target = genesis + epoch * epochSeconds + offset;
  if (target > now) await advance(target - now);
  const found = phaseAt(chain.head().timestamp, parameters);
  expect(found).toEqual({ reported: epoch - 1, phase });
  return found.reported;
}

async function registered(
  world: ChainWorld,
  { role, owner, stake = 100n }: { role: "miner" | "validator"; owner: Signer; stake?: bigint },
): Promise<Signer> {
  const { chain } = world;
  const node = await funded(world, 0n);
  const consent = consentOf(node, { chain, owner: owner.address, role });
  await chain.as(owner).register({ address: node.address, role, stakeWei: stake * COR, addresses: [], consent });
  return node;
}

/** What the validator would find again with nothing but its key. */
function openingOf(chain: Chain, validator: Signer, { epoch, payout }: { epoch: number; payout: Hex }): Opening {
  const key = validator.mac(reportLabel(chain.domain, epoch));
  return { key, validator: validator.address, epoch, payout };
}

async function commitOf(chain: Chain, validator: Signer, { report, opening }: { report: Report; opening: Opening }) {
  return chain.as(validator).commit({ epoch: opening.epoch, ...sealedReport(encodeReport(report), opening) });
}

const SILENT: Report = { nodes: [], replays: [], proofs: new Uint8Array() };

/** All payouts from the first epoch on, from the chain's records alone. */
async function payoutsThrough(chain: Chain, epoch: number): Promise<Settled> {
  let settled = NOTHING_SETTLED;
  for (let at = 0; at <= epoch; at += 1) settled = nextPayout(settled, await chain.epochRecord(at), chain.parameters);
  return settled;
}

/** What every chain promises about epochs. Suspends the validators that other tests left behind. */
export function rewardsSuite(world: () => ChainWorld): void {
  async function retireValidators(): Promise<void> {
    const { chain } = world();
    const left = (await chain.nodes("validator")).filter(({ suspended }) => !suspended);
    if (left.length === 0) return;
    await toPhase(world(), "settle", chain.parameters.idleEpochs + 2);
    const anybody = await funded(world(), 0n);
    for (const { address } of left) await chain.as(anybody).suspend(address);
    await toPhase(world(), "anchor", 1);
  }

  test("an active node anchors its receipts once, in the anchor phase", async () => {
    const { chain } = world();
    const owner = await funded(world());
    await toPhase(world(), "anchor", 1);
    const miner = await registered(world(), { role: "miner", owner });
    const anchor = { root: ROOT, count: 7, feeSumWei: 9n };
    const newcomers = await toPhase(world(), "anchor", 1);
    expect(await reasonOf(chain.as(miner).anchor({ ...anchor, epoch: newcomers }))).toBe("NotActive");
    const epoch = await toPhase(world(), "anchor", 1);
    expect(await reasonOf(chain.as(owner).anchor({ ...anchor, epoch }))).toBe("NotActive");
    expect(await reasonOf(chain.as(miner).anchor({ ...anchor, epoch: epoch - 1 }))).toBe("WrongPhase");
    await chain.as(miner).anchor({ ...anchor, epoch });
    expect(await reasonOf(chain.as(miner).anchor({ ...anchor, epoch }))).toBe("AlreadyDone");
    expect((await chain.epochRecord(epoch)).anchors).toEqual([{ node: miner.address, ...anchor }]);
    expect((await chain.epochRecord(epoch - 1)).anchors).toEqual([]);
    expect(await chain.ballot(miner.address)).toEqual({ anchored: epoch, committed: undefined, revealed: undefined });
    await toPhase(world(), "commit");
    expect(await reasonOf(chain.as(miner).anchor({ ...anchor, epoch }))).toBe("WrongPhase");
    const commit = { epoch, seal: ROOT, report: "0x12" } as const;
    expect(await reasonOf(chain.as(miner).commit(commit))).toBe("NotActive");
  });

  test("leaves are drawn by the third block after anchoring, the same for everybody", async () => {
    const { chain } = world();
    const somebody = await funded(world());
    const epoch = await toPhase(world(), "anchor", 1);
    const { address } = createSigner(newPrivateKey());
    expect(await chain.drawingBlock(epoch)).toBeUndefined();
    await toPhase(world(), "commit");
    await chain.as(somebody).transferCor(address, 1n);
    expect(await chain.drawingBlock(epoch)).toBeUndefined();
    const { block } = await chain.as(somebody).transferCor(address, 1n);
    const drawn = await chain.drawingBlock(epoch);
    expect(drawn?.number).toBe(block);
    expect(drawn?.hash).toMatch(/^0x[0-9a-f]{64}$/);
    await chain.as(somebody).transferCor(address, 1n);
    expect(await chain.drawingBlock(epoch)).toEqual(drawn);
  });

  test("two thirds settle what the logs say, a validator with nothing but its key among them, and owners are paid", async () => {
    const { chain } = world();
    await retireValidators();
    const owner = await funded(world());
    const validators = [
      await registered(world(), { role: "validator", owner, stake: 200n }),
      await registered(world(), { role: "validator", owner, stake: 100n }),
    ] as const;
    const miner = await registered(world(), { role: "miner", owner });
    await toPhase(world(), "anchor", 1);
    const observed = await toPhase(world(), "commit", 1);
    const { nodes } = await chain.epochRecord(observed);
    const at = nodes.find(({ address }) => address === miner.address)?.index ?? 0;
    const seen = { answered: true, halfClass: 8, fails: 0, passes: 6, forfeits: false };
    const report: Report = { ...SILENT, nodes: [...Array.from({ length: at }, () => undefined), seen] };
    for (const validator of validators) {
      const opening = openingOf(chain, validator, { epoch: observed, payout: ZERO });
      await commitOf(chain, validator, { report, opening });
      expect(await reasonOf(commitOf(chain, validator, { report, opening }))).toBe("AlreadyDone");
      expect(await reasonOf(chain.as(validator).reveal(opening))).toBe("WrongPhase");
    }
    await toPhase(world(), "reveal");
    for (const validator of validators) {
      await chain.as(owner).reveal(openingOf(chain, validator, { epoch: observed, payout: ZERO }));
    }
    // An epoch later its payouts are voted on.
    const epoch = await toPhase(world(), "commit", 1);
    const settled = await payoutsThrough(chain, observed);
    const root = settledRoot(settled);
    expect(settled.totals.get(owner.address)).toBeGreaterThan(0n);
    for (const validator of validators) {
      await commitOf(chain, validator, {
        report: SILENT,
        opening: openingOf(chain, validator, { epoch, payout: root }),
      });
    }
    await toPhase(world(), "reveal");
    const [large, small] = validators.map((validator) => openingOf(chain, validator, { epoch, payout: root }));
    if (large === undefined || small === undefined) throw new Error("too few validators");
    expect(await reasonOf(chain.as(owner).reveal({ ...small, payout: ROOT }))).toBe("BadSeal");
    await chain.as(owner).reveal(small);
    expect(await chain.votes(observed, root)).toBe(100n * COR);
    expect(await chain.payout(observed)).toBeUndefined();
    await chain.as(owner).reveal(large);
    expect(await reasonOf(chain.as(owner).reveal(large))).toBe("AlreadyDone");
    expect(await chain.payout(observed)).toBe(root);
    expect(await chain.settledEpochs()).toBe(observed + 1);
    await paysClaims(chain, settled, owner);
    expect((await chain.epochRecord(epoch)).reveals).toEqual([
      { validator: small.validator, key: small.key, payout: root, weight: 100n * COR },
      { validator: large.validator, key: large.key, payout: root, weight: 200n * COR },
    ]);
  });

  async function paysClaims(chain: Chain, settled: Settled, { address }: Signer): Promise<void> {
    const { epoch } = settled;
    const cumulativeWei = settled.totals.get(address) ?? 0n;
    const proof = claimProof(settled, address) ?? [];
    const claim = { owner: address, epoch, cumulativeWei, proof };
    const anybody = chain.as(await funded(world(), 0n));
    const before = (await chain.balance(address)).corWei;
    expect(await reasonOf(anybody.claim({ ...claim, epoch: epoch + 1 }))).toBe("NotSettled");
    expect(await reasonOf(anybody.claim({ ...claim, cumulativeWei: cumulativeWei + 1n }))).toBe("BadProof");
    expect(await reasonOf(anybody.claim({ ...claim, owner: anybody.address }))).toBe("BadProof");
    await anybody.claim(claim);
    expect((await chain.balance(address)).corWei).toBe(before + cumulativeWei);
    expect(await chain.claimed(address)).toBe(cumulativeWei);
    await expect(anybody.claim(claim)).rejects.toMatchObject({
      details: { data: { reason: "NothingToClaim", args: { cumulative: cumulativeWei, claimed: cumulativeWei } } },
    });
  }

  test("a validator that lets three epochs pass has no weight until it is back, and then counts like a newcomer", async () => {
    const { chain } = world();
    await retireValidators();
    const [owner, anybody] = [await funded(world()), await funded(world(), 0n)];
    const idle = await registered(world(), { role: "validator", owner });
    const miner = await registered(world(), { role: "miner", owner });
    const since = (await chain.node(idle.address))?.since ?? 0;
    const known = (nodes: readonly { address: Address }[]): boolean =>
      nodes.some(({ address }) => address === idle.address);
    expect(await reasonOf(chain.as(idle).resume())).toBe("NotSuspended");
    await toPhase(world(), "reveal", 1 + chain.parameters.idleEpochs);
    await expect(chain.as(anybody).suspend(idle.address)).rejects.toMatchObject({
      details: { data: { reason: "NotIdle", args: { lastReveal: 0n } } },
    });
    const last = await toPhase(world(), "settle");
    expect(await reasonOf(chain.as(anybody).suspend(miner.address))).toBe("NotAuthorised");
    await chain.as(anybody).suspend(idle.address);
    expect(await reasonOf(chain.as(anybody).suspend(idle.address))).toBe("NotAuthorised");
    expect(await chain.node(idle.address)).toMatchObject({ suspended: true, since });
    await toPhase(world(), "commit", 1);
    const record = await chain.epochRecord(last + 2);
    expect([known(record.nodes), record.totalWeight]).toEqual([false, 0n]);
    expect(known((await chain.epochRecord(last + 1)).nodes)).toBe(true);
    await chain.as(idle).resume();
    const { epoch } = chain.epoch();
    expect(await chain.node(idle.address)).toMatchObject({ suspended: false, since: epoch + 1 });
    expect((await chain.epochRecord(epoch)).totalWeight).toBe(100n * COR);
    const early = await toPhase(world(), "commit", 1);
    const opening = openingOf(chain, idle, { epoch: early, payout: ZERO });
    expect(await reasonOf(commitOf(chain, idle, { report: SILENT, opening }))).toBe("NotActive");
  });
}
