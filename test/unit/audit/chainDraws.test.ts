import * as fc from "fast-check";
import { expect, test } from "vitest";
import { AuditCounts } from "../../../src/audit/auditCounts.ts";
import { ChainDraws, type ChainDrawsDeps } from "../../../src/audit/chainDraws.ts";
import type { EpochRecord } from "../../../src/chain/interface.ts";
import { deploymentParameters } from "../../../src/chain/parameters.ts";
import { type DrawLeaf, drawnLeaves } from "../../../src/protocol/draw.ts";
import { keccak } from "../../../src/protocol/hash.ts";
import type { RosterNode } from "../../../src/protocol/payout.ts";
import type { Address, Hex } from "../../../src/util/types.ts";
import { address, logsOf } from "../protocol/anyReport.ts";

const hashOf = (text: string): Hex => keccak(new TextEncoder().encode(text));
const VALIDATOR = address(200);
const node = (role: RosterNode["role"], index: number, since = 0): RosterNode => ({
  address: role === "validator" ? VALIDATOR : address(100 + index),
  owner: address(1),
  role,
  index,
  since,
  stakeWei: 100n,
});
const NODES = [node("miner", 0), node("miner", 1), node("validator", 2)];

/** A chain whose validator reported so many audits of each miner in each epoch. */
class FakeChain {
  readonly parameters = deploymentParameters(true, { genesis: 1_750_000_000 });
  nodes = (_epoch: number): readonly RosterNode[] => NODES;
  height = 100;
  fork = "";
  readonly asked: number[] = [];
  blocks = 0;
  readonly #audits: readonly (readonly number[])[];

  constructor(audits: readonly (readonly number[])[]) {
    this.#audits = audits;
  }

  head = () => this.#block(this.height);

  async drawingBlock(epoch: number) {
    this.blocks += 1;
    return epoch * 10 <= this.height ? this.#block(epoch * 10) : undefined;
  }

  async epochRecord(epoch: number): Promise<EpochRecord> {
    this.asked.push(epoch);
    const seen = (this.#audits[epoch] ?? []).map((passes) => ({ answered: true, passes, fails: 0, forfeits: false }));
    const voice = {
      validator: VALIDATOR,
      weight: 100n,
      report: { nodes: seen, replays: [], proofs: new Uint8Array() },
    };
    const logs = logsOf([voice], { epoch, nodes: this.nodes(epoch) });
    return {
      ...logs,
      anchors: [],
      commits: logs.commits.map((commit) => ({ ...commit, seal: hashOf("seal") })),
      reveals: logs.reveals.map((reveal) => ({ ...reveal, payout: hashOf("payout") })),
    };
  }

  #block(number: number) {
    return { number, hash: hashOf(`${this.fork}${number}`), timestamp: number };
  }
}

function drawsOf(chain: FakeChain): ChainDraws {
  const counts = new AuditCounts({ chain });
  return new ChainDraws({ chain, auditsThrough: (epoch) => counts.through(epoch) });
}

const leavesOf = (miner: Address, count: number): DrawLeaf[] =>
  Array.from({ length: count }, (_, n) => ({ leaf: hashOf(`l${miner}${n}`), order: hashOf(`o${miner}${n}`), miner }));

test("a validator, a router and a miner draw the same leaves, whichever epochs they were asked about before", async () => {
  const anyAudits = fc.array(fc.array(fc.nat(15), { minLength: 2, maxLength: 2 }), { minLength: 6, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.record({ audits: anyAudits, counts: fc.array(fc.nat(80), { minLength: 2, maxLength: 2 }) }),
      fc.array(fc.nat(5), { maxLength: 6 }),
      fc.nat(5),
      async ({ audits, counts }, before, epoch) => {
        const [first = [], second = []] = counts.map((count, n) => leavesOf(address(100 + n), count));
        const all = [...first, ...second];
        // Two routers have the even and the odd ones, each of both miners.
        const routers = [0, 1].map((rest) => all.filter((_, at) => at % 2 === rest));
        const draw = async (leaves: readonly DrawLeaf[], earlier: readonly number[]): Promise<readonly Hex[]> => {
          const draws = drawsOf(new FakeChain(audits));
          for (const each of earlier) await draws.draw(each);
          const drawn = await draws.draw(epoch);
          return drawn === undefined ? [] : drawnLeaves(leaves, drawn);
        };
        const drawn = await draw(all, []);
        expect(await draw(all, before)).toEqual(drawn);
        for (const own of [first, second]) {
          const known = new Set(own.map(({ leaf }) => leaf));
          expect(await draw(own, before.toReversed())).toEqual(drawn.filter((leaf) => known.has(leaf)));
        }
        for (const own of routers) {
          const known = new Set(own.map(({ leaf }) => leaf));
          const shown = await draw(own, before);
          expect(shown).toEqual(expect.arrayContaining(drawn.filter((leaf) => known.has(leaf))));
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("there is no draw before its block, and then one that is read once", async () => {
  const chain = new FakeChain([[1, 2]]);
  const draws = drawsOf(chain);
  chain.height = 9;
  expect(await draws.draw(1)).toBeUndefined();
  expect(await draws.draw(-1)).toBeUndefined();
  chain.height = 22;
  expect(await draws.draw(1)).toMatchObject({ blockHash: hashOf("10"), validators: [VALIDATOR] });
  const { blocks, asked } = chain;
  chain.height = 23;
  expect(await Promise.all([draws.draw(1), draws.draw(1)])).toHaveLength(2);
  expect([chain.blocks, chain.asked.length]).toEqual([blocks, asked.length]);
});

test("a chain that goes back draws again, as long as the block is not deep", async () => {
  const chain = new FakeChain([]);
  const draws = drawsOf(chain);
  chain.height = 11;
  const before = await draws.draw(1);
  chain.fork = "b";
  expect((await draws.draw(1))?.blockHash).not.toBe(before?.blockHash);
});

test("audits count those of earlier epochs only, and those of a key that came again from its return on", async () => {
  const chain = new FakeChain([
    [3, 1],
    [4, 0],
    [5, 2],
    [6, 0],
  ]);
  chain.nodes = (epoch) => (epoch < 2 ? NODES : [node("miner", 0, 2), ...NODES.slice(1)]);
  const audits = async (epoch: number) => {
    const draw = await drawsOf(chain).draw(epoch);
    return [address(100), address(101)].map((miner) => draw?.audits(miner));
  };
  expect(await audits(0)).toEqual([0, 0]);
  expect(await audits(1)).toEqual([3, 1]);
  expect(await audits(2)).toEqual([7, 1]);
  expect(await audits(3)).toEqual([5, 3]);
});

test("a chain that could not be read is asked again", async () => {
  const chain = new FakeChain([[1]]);
  const deps: ChainDrawsDeps = { chain, auditsThrough: async () => new Map() };
  const draws = new ChainDraws(deps);
  const read = chain.epochRecord.bind(chain);
  chain.epochRecord = async () => {
    throw new Error("away");
  };
  await expect(draws.draw(1)).rejects.toThrow("away");
  chain.epochRecord = read;
  expect(await draws.draw(1)).toBeDefined();
});

test("audits are counted on from where the chain could not be read", async () => {
  const chain = new FakeChain([[1], [1], [1], [1], [1]]);
  const counts = new AuditCounts({ chain });
  const read = chain.epochRecord.bind(chain);
  chain.epochRecord = async (epoch) => {
    if (epoch === 3) throw new Error("away");
    return await read(epoch);
  };
  await expect(counts.through(4)).rejects.toThrow("away");
  chain.epochRecord = read;
  expect((await counts.through(4)).get(address(100))).toBe(5);
  expect(chain.asked).toEqual([0, 1, 2, 3, 4]);
});
