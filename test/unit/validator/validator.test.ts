import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryChain } from "../../../src/chain/memory/memoryChain.ts";
import type { NodeRecord } from "../../../src/chain/interface.ts";
import { recover } from "../../../src/keys/recover.ts";
import { createSigner, newPrivateKey } from "../../../src/keys/signer.ts";
import type { Signer } from "../../../src/keys/interface.ts";
import { newDraws } from "../../../src/node/newDraws.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { momentOf } from "../../../src/protocol/moment.ts";
import { decodeReport, encodeReport } from "../../../src/protocol/report.ts";
import { settledRoot } from "../../../src/protocol/settled.ts";
import { Notebook } from "../../../src/validator/notebook.ts";
import { EpochKeeper } from "../../../src/validator/epochKeeper.ts";
import { SettledBook } from "../../../src/validator/settledBook.ts";
import { Validator } from "../../../src/validator/validator.ts";
import { type ChainWorld, consentOf, COR, funded } from "../../support/chainSuite.ts";
import { FakeClock } from "../../support/fakeClock.ts";

const log = createSilentLog();

class World {
  readonly chain = new MemoryChain({}, { recover });
  readonly clock = new FakeClock(this.chain.head().timestamp * 1000);
  readonly #world: ChainWorld = {
    chain: this.chain,
    fund: (address, least) => this.chain.fund(address, least),
    advance: (seconds) => this.pass(seconds),
  };

  /** Chain and clock go on together, a second at a time. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.chain.advance(1);
      await this.clock.pass(1000);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    }
  }

  async untilEpoch(epoch: number): Promise<void> {
    const { genesis, epochSeconds } = this.chain.parameters;
    await this.pass(genesis + epoch * epochSeconds - this.chain.head().timestamp + 1);
  }

  async registered(role: NodeRecord["role"]): Promise<Signer> {
    const [node, owner] = [await funded(this.#world, 0n), await funded(this.#world)];
    const consent = consentOf(node, { chain: this.chain, owner: owner.address, role });
    const stakeWei = 100n * COR;
    await this.chain.as(owner).register({ address: node.address, role, stakeWei, addresses: [], consent });
    return node;
  }

  validator(signer: Signer, ping: (node: NodeRecord) => Promise<boolean> = async () => true): Validator {
    const refuse = (): never => {
      throw new Error("nothing is anchored here, so nothing can be asked for");
    };
    return new Validator({
      chain: this.chain,
      signer,
      recover,
      clock: this.clock,
      log,
      ping,
      draws: newDraws(this.chain),
      asker: { transcript: refuse },
      pages: { page: refuse },
      engineFor: refuse,
      cardFor: refuse,
    });
  }
}

describe("a validator", () => {
  it("asks everybody once an epoch, reports it, and its payouts are settled on the chain", async () => {
    const world = new World();
    const signer = await world.registered("validator");
    const nodes = [await world.registered("miner"), await world.registered("router")];
    const asked: string[] = [];
    const validator = world.validator(signer, async ({ address }) => asked.push(address) > 0);
    await validator.start();
    await world.untilEpoch(1);
    asked.length = 0;
    await world.untilEpoch(2);
    expect(asked.toSorted()).toEqual(nodes.map(({ address }) => address).toSorted());
    await world.untilEpoch(4);
    await validator.stop();
    const { chain } = world;
    expect(await chain.settledEpochs()).toBeGreaterThanOrEqual(2);
    const settled = await new SettledBook({ chain, log }).through(1);
    expect(await chain.payout(1)).toBe(settledRoot(settled));
    const record = await chain.epochRecord(1);
    expect(record.reveals).toMatchObject([{ validator: signer.address }]);
    // Who was there has earned something.
    const owners = (await chain.nodes("miner")).map(({ owner }) => owner);
    expect(owners.every((owner) => (settled.totals.get(owner) ?? 0n) > 0n)).toBe(true);
  });

  it("that is killed after its commit and started anew with its key alone reveals", async () => {
    const world = new World();
    const signer = await world.registered("validator");
    const first = world.validator(signer);
    await first.start();
    await world.untilEpoch(2);
    await world.pass(world.chain.parameters.anchorSeconds + 1);
    expect((await world.chain.ballot(signer.address)).committed).toBe(1);
    await first.stop();
    const second = world.validator(signer);
    await second.start();
    await world.untilEpoch(3);
    await second.stop();
    expect((await world.chain.ballot(signer.address)).revealed).toBe(1);
  });

  it("goes on when the chain was away in the commit phase", async () => {
    const world = new World();
    const signer = await world.registered("validator");
    const validator = world.validator(signer);
    await validator.start();
    await world.untilEpoch(2);
    world.chain.setReachable(false);
    await world.pass(world.chain.parameters.anchorSeconds + 2);
    world.chain.setReachable(true);
    await world.pass(3);
    expect((await world.chain.ballot(signer.address)).committed).toBe(1);
    await validator.stop();
  });

  it("that does not count yet lets the epoch go and begins with the next", async () => {
    const world = new World();
    const signer = await world.registered("validator");
    const book = new SettledBook({ chain: world.chain, log });
    const keeper = new EpochKeeper({ chain: world.chain, signer, notebook: new Notebook(), book, log });
    await keeper.start();
    await world.untilEpoch(2);
    expect(await world.chain.ballot(signer.address)).toMatchObject({ committed: undefined });
    await world.untilEpoch(3);
    expect(await world.chain.ballot(signer.address)).toMatchObject({ committed: 1, revealed: 1 });
    await keeper.stop();
  });
});

describe("a notebook", () => {
  it("is a report that can be sealed and read, whatever was seen, in any order", () => {
    const note = fc.oneof(
      fc.record({ kind: fc.constant("answered" as const), index: fc.nat(50), yes: fc.boolean() }),
      fc.record({ kind: fc.constant("audited" as const), index: fc.nat(50), yes: fc.boolean() }),
      fc.record({ kind: fc.constant("measured" as const), index: fc.nat(50), half: fc.integer({ min: -5, max: 40 }) }),
      fc.record({ kind: fc.constant("replayed" as const), index: fc.nat(50), half: fc.nat(5000) }),
    );
    fc.assert(
      fc.property(fc.array(note, { maxLength: 80 }), (notes) => {
        const book = new Notebook();
        for (const one of notes) {
          if (one.kind === "answered") book.answered(7, one.index, one.yes);
          if (one.kind === "audited") book.audited(7, one.index, one.yes ? "pass" : "fail");
          if (one.kind === "measured") book.measured(7, one.index, one.half);
          if (one.kind === "replayed") book.replayed(7, one.index, one.half);
        }
        const report = book.report(7);
        expect(decodeReport(encodeReport(report))).toEqual(report);
        for (const one of notes)
          if (one.kind === "answered" && one.yes) expect(report.nodes[one.index]?.answered).toBe(true);
      }),
    );
  });
});

describe("the moment of a check", () => {
  it("is within the epoch, the same when it is worked out again, and another one for another node, epoch or key", () => {
    const [one, other] = [createSigner(newPrivateKey()), createSigner(newPrivateKey())];
    const anyNode = fc.bigInt({ min: 0n, max: 2n ** 160n - 1n });
    fc.assert(
      fc.property(anyNode, fc.nat(100_000), (number, epoch) => {
        const node = `0x${number.toString(16).padStart(40, "0")}` as const;
        const moment = momentOf({ epoch, node, mac: (message) => one.mac(message) });
        expect(moment).toBeGreaterThanOrEqual(0);
        expect(moment).toBeLessThan(0.9);
        expect(momentOf({ epoch, node, mac: (message) => one.mac(message) })).toBe(moment);
        expect(momentOf({ epoch: epoch + 1, node, mac: (message) => one.mac(message) })).not.toBe(moment);
        expect(momentOf({ epoch, node, mac: (message) => other.mac(message) })).not.toBe(moment);
      }),
      { numRuns: 50 },
    );
  });
});
