import { AbiCoder, concat, keccak256, MaxUint256, toBeHex, ZeroAddress } from "ethers";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { startAnvil } from "../../support/anvil.ts";
import { balanceOf, DEFAULTS, deployNetwork, type Outcome, TestChain, TREASURY, wallet } from "./contracts.ts";
import { domainOf, sign, testKey } from "./keys.ts";
import { MINER, RegistryModel, VALIDATOR } from "./registryModel.ts";
import { NOTHING, type RewardsExpected, RewardsModel, type RewardsOperation, type Sealed } from "./rewardsModel.ts";

const chain = await new TestChain(await startAnvil(afterAll)).start();
const limits = { ...DEFAULTS, genesis: chain.now };
const network = await deployNetwork(chain, limits);
const { token, registry, rewards } = network;
const owner = testKey(51);
const stranger = testKey(52);
/** Two of them together have two thirds, or not; one alone never. */
const validators = [61, 62, 63, 64].map(testKey);
const WEIGHTS = [10n, 20n, 30n, 40n];
const miner = testKey(65);
const nodes = [...validators, miner];
await chain.fundGas(...[owner, stranger, ...nodes].map(({ address }) => address));
await chain.call(TREASURY, token, ["transfer", owner.address, 1_000_000n]);
await chain.call(owner.address, token, ["approve", registry.address, MaxUint256]);

const registered: { node: string; role: number; amount: bigint; now: number }[] = [];
for (const [at, node] of nodes.entries()) {
  const role = node === miner ? MINER : VALIDATOR;
  const { r, vs } = sign(node, domainOf(network.runtime.address), { owner: owner.address, role });
  const amount = WEIGHTS[at] ?? 10n;
  await chain.call(owner.address, registry, ["register", node.address, role, amount, "", r, vs, ZeroAddress]);
  registered.push({ node: node.address, role, amount, now: chain.now });
}

function modelOfNow(): { registryModel: RegistryModel; model: RewardsModel } {
  const registryModel = new RegistryModel(limits, "rewards");
  for (const { node, role, amount, now } of registered) {
    const newcomer = { node, role, amount, addresses: "", consents: true, displaced: ZeroAddress };
    registryModel.apply({ kind: "register", ...newcomer }, { from: owner.address, now });
  }
  return { registryModel, model: new RewardsModel(limits, registryModel) };
}

const abi = AbiCoder.defaultAbiCoder();
const [anna, bert] = [wallet(0xa), wallet(0xb)];

/** Payouts of two owners, and the leaf of the state that belongs to them. */
class Tree {
  readonly root: string;
  readonly sums: Readonly<Record<string, bigint>>;
  readonly #leaves: readonly string[];

  constructor(a: bigint, b: bigint) {
    this.sums = { [anna]: a, [bert]: b, [ZeroAddress]: 77n };
    this.#leaves = Object.entries(this.sums).map(([address, sum]) =>
      keccak256(keccak256(abi.encode(["address", "uint256"], [address, sum]))),
    );
    const [one = "", two = "", three = ""] = this.#leaves;
    this.root = pair(pair(one, two), three);
  }

  proof(address: string): readonly string[] {
    const [one = "", two = "", three = ""] = this.#leaves;
    const proofs = { [anna]: [two, three], [bert]: [one, three], [ZeroAddress]: [pair(one, two)] };
    return proofs[address] ?? [];
  }
}

function pair(one: string, two: string): string {
  return keccak256(concat(one < two ? [one, two] : [two, one]));
}

/** The last promises more than the first epochs emit. */
const TREES = [new Tree(300n, 200n), new Tree(700n, 250n), new Tree(650n, 1200n), new Tree(9000n, 1n)];

function sealOf({ key, validator, epoch, payout }: Sealed): string {
  return keccak256(
    abi.encode(["bytes32", "address", "uint32", "bytes32"], [key, validator, Math.max(epoch, 0), payout]),
  );
}

const keyOf = (n: number): string => toBeHex(n + 1, 32);
const validator = fc.nat(validators.length - 1);
/** Mostly the epoch that has just ended. */
const back = fc.oneof({ weight: 12, arbitrary: fc.constant(1) }, fc.constantFrom(0, 2));
const payout = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.constantFrom(1, 2, 3, undefined));
const anchor = fc.record({ kind: fc.constant("anchor" as const), node: fc.nat(nodes.length), back });
const commit = fc.record({
  kind: fc.constant("commit" as const),
  node: fc.oneof({ weight: 8, arbitrary: validator }, fc.nat(nodes.length)),
  back,
  payout,
  key: fc.nat(2),
  foreign: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.constant(true)),
  bytes: fc.oneof({ weight: 8, arbitrary: fc.nat(40) }, fc.constantFrom(limits.reportBytes, limits.reportBytes + 1)),
});
const reveal = fc.record({
  kind: fc.constant("reveal" as const),
  validator,
  back,
  forged: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    fc.constantFrom("key" as const, "payout" as const, "validator" as const),
  ),
});
const claim = fc.record({
  kind: fc.constant("claim" as const),
  owner: fc.constantFrom(anna, anna, bert, bert, ZeroAddress),
  back: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, fc.constantFrom(0, 2, 3)),
  tree: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, fc.nat(TREES.length - 1)),
  more: fc.oneof({ weight: 8, arbitrary: fc.constant(0n) }, fc.constant(1n)),
});
const suspend = fc.record({ kind: fc.constant("suspend" as const), validator });
const resume = fc.record({ kind: fc.constant("resume" as const), validator });
const stake = fc.record({ kind: fc.constant("stake" as const), validator, amount: fc.bigInt(1n, 30n) });
const any = fc.oneof(anchor, commit, reveal, claim, suspend, resume, stake);
type Action = typeof any extends fc.Arbitrary<infer T> ? T : never;

function phase(usual: fc.Arbitrary<Action>, maxLength: number) {
  const actions = fc.array(fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: any }), {
    maxLength,
    size: "max",
  });
  // Just before the phase begins, just when it does, and in it.
  return fc.record({ late: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 3)), actions });
}
/** All validators do the same, or whatever they do is left to chance. */
const chorus = fc.oneof({ weight: 2, arbitrary: fc.constant(true) }, fc.constant(false));
const ALL = [...validators.keys()];
const allCommit = ALL.map(
  (node): Action => ({ kind: "commit", node, back: 1, payout: 0, key: 0, foreign: false, bytes: 2 }),
);
const allReveal = ALL.map((validator): Action => ({ kind: "reveal", validator, back: 1, forged: undefined }));
const round = fc.record({
  chorus,
  skipped: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat(4)),
  phases: fc.tuple(phase(anchor, 3), phase(commit, 7), phase(reveal, 7), phase(fc.oneof(claim, claim, suspend), 5)),
});
const STARTS = [0, limits.anchorSeconds, limits.commitSeconds, limits.revealSeconds];

function epochNow(): number {
  return Math.floor((chain.now + 1 - limits.genesis) / limits.epochSeconds);
}

type Models = ReturnType<typeof modelOfNow>;

async function perform({ model, registryModel }: Models, action: Action): Promise<[Outcome, RewardsExpected]> {
  const call = { now: chain.now + 1 };
  if (action.kind === "resume" || action.kind === "stake") {
    const node = validators[action.validator]?.address ?? "";
    const from = action.kind === "resume" ? node : owner.address;
    const args = action.kind === "resume" ? [] : [node, action.amount];
    const operation = action.kind === "resume" ? ({ kind: "resume" } as const) : { ...action, node };
    const outcome = await chain.call(from, registry, [action.kind, ...args]);
    return [outcome, registryModel.apply(operation, { ...call, from })];
  }
  const { from, operation, args } = aimed(model, action);
  const outcome = await chain.call(from, rewards, [action.kind, ...args]);
  return [outcome, model.apply(operation, { ...call, from })];
}

interface Aimed {
  readonly from: string;
  readonly operation: RewardsOperation;
  readonly args: readonly unknown[];
}

function aimed(model: RewardsModel, action: Exclude<Action, { kind: "resume" | "stake" }>): Aimed {
  if (action.kind === "claim") return aimedClaim(model, action);
  const by = stranger.address;
  const validator = "validator" in action ? (validators[action.validator]?.address ?? "") : "";
  if (action.kind === "suspend") return { from: by, operation: { kind: "suspend", validator }, args: [validator] };
  const epoch = Math.max(0, epochNow() - action.back);
  if (action.kind === "reveal") {
    const sealed = model.sealedBy(validator, epoch) ?? { key: keyOf(0), validator, epoch, payout: NOTHING };
    const opened = {
      ...sealed,
      validator,
      ...(action.forged === "key" && { key: keyOf(99) }),
      ...(action.forged === "payout" && { payout: keyOf(98) }),
      ...(action.forged === "validator" && { validator: validators[(action.validator + 1) % 4]?.address ?? "" }),
    };
    const args = [epoch, opened.validator, opened.key, opened.payout];
    return { from: by, operation: { kind: "reveal", opened }, args };
  }
  const from = (nodes[action.node] ?? stranger).address;
  if (action.kind === "anchor") return { from, operation: { kind: "anchor", epoch }, args: [epoch, keyOf(7), 3, 9n] };
  const root = action.payout === undefined ? NOTHING : (TREES[action.payout]?.root ?? NOTHING);
  const sealed = { key: keyOf(action.key), validator: action.foreign ? by : from, epoch, payout: root };
  const operation = { kind: "commit", epoch, sealed, bytes: action.bytes } as const;
  return { from, operation, args: [epoch, sealOf(sealed), `0x${"5a".repeat(action.bytes)}`] };
}

function aimedClaim(model: RewardsModel, { owner, back, tree: chosen, more }: Action & { kind: "claim" }): Aimed {
  const epoch = Math.max(0, model.settledEpochs - back);
  const settled = TREES.find(({ root }) => root === model.payouts.get(epoch));
  const tree = (chosen === undefined ? settled : TREES[chosen]) ?? new Tree(300n, 200n);
  const cumulative = (tree.sums[owner] ?? 0n) + more;
  const proves = more === 0n ? tree.root : undefined;
  const operation = { kind: "claim", owner, epoch, cumulative, proves } as const;
  return { from: stranger.address, operation, args: [owner, epoch, cumulative, tree.proof(owner)] };
}

/** What the registry refuses is its own error. */
function nameOf({ error }: Outcome): string | undefined {
  const data = error?.replace("unnamed ", "");
  return data === undefined || data === error ? error : registry.abi.parseError(data)?.name;
}

/** The books of the chain are those of the model, and hold what the design promises. */
async function checkBooks({ model, registryModel }: Models): Promise<void> {
  const epoch = epochNow();
  const [minted, settled, annas, berts, total, ...roots] = await chain.views([
    [rewards, "minted"],
    [rewards, "settledEpochs"],
    [token, "balanceOf", anna],
    [token, "balanceOf", bert],
    [registry, "totalWeight", epoch],
    ...Array.from({ length: epoch }, (_, at) => [rewards, "payouts", at] as const),
  ]);
  expect([minted?.[0], Number(settled?.[0])]).toEqual([model.minted, model.settledEpochs]);
  expect([annas?.[0], berts?.[0]]).toEqual([model.claimed.get(anna) ?? 0n, model.claimed.get(bert) ?? 0n]);
  expect(total?.[0]).toBe(registryModel.validatorWeight(epoch));
  expect(roots.map(([root]) => root)).toEqual(roots.map((_, at) => model.payouts.get(at) ?? NOTHING));
  expect(model.minted).toBeLessThanOrEqual(model.emission(model.settledEpochs));
}

async function checkEnd({ model }: Models): Promise<void> {
  for (const [epoch, times] of model.revealedAt) {
    // Whoever sealed could not have read anybody's vote.
    expect(Math.max(...(model.committedAt.get(epoch) ?? []))).toBeLessThan(Math.min(...times));
  }
  for (const of of [anna, bert]) {
    const settled = [...model.payouts.values()].map((root) => TREES.find((tree) => tree.root === root)?.sums[of] ?? 0n);
    const largest = settled.reduce((most, sum) => (sum > most ? sum : most), 0n);
    expect(await balanceOf(chain, token, of)).toBeLessThanOrEqual(largest);
  }
  const epochs = Array.from({ length: 12 }, (_, epoch) => epoch);
  const emitted = await chain.views(epochs.map((epoch) => [rewards, "emissionUntil", epoch] as const));
  expect(emitted.map(([sum]) => sum)).toEqual(epochs.map((epoch) => model.emission(epoch)));
}

describe("whatever is called by whomever and in whichever order", () => {
  test("votes are sealed before any is read, two thirds settle, and claims stay within what was settled and emitted", {
    timeout: 120_000,
  }, async () => {
    let settled = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 4, maxLength: 7, size: "max" }), (rounds) =>
        chain.undone(async () => {
          const models = modelOfNow();
          for (const { chorus, skipped, phases } of rounds) {
            const begin = limits.genesis + (epochNow() + 1 + skipped) * limits.epochSeconds;
            for (const [at, { late, actions }] of phases.entries()) {
              chain.now = Math.max(chain.now, begin + (STARTS[at] ?? 0) + late - 1);
              const together = chorus ? [[], allCommit, allReveal, []][at] : undefined;
              for (const action of [...(together ?? []), ...actions]) {
                const [outcome, expected] = await perform(models, action);
                const [error, { events }] = [nameOf(outcome), outcome];
                expect(error === undefined ? { events: events.map(({ name }) => name) } : { error }).toEqual(expected);
              }
            }
            await checkBooks(models);
          }
          settled += models.model.payouts.size;
          await checkEnd(models);
        }),
      ),
      { numRuns: 40 },
    );
    expect(settled).toBeGreaterThan(20);
  });
});

describe("one epoch", () => {
  const at = (epoch: number, seconds: number): void => {
    chain.now = limits.genesis + epoch * limits.epochSeconds + seconds - 1;
  };
  const by = (index: number): string => validators[index]?.address ?? "";
  const sealed = (index: number, epoch: number, payout: string): Sealed => ({
    key: keyOf(index),
    validator: by(index),
    epoch,
    payout,
  });
  const commitOf = (index: number, epoch: number, root: string): Promise<Outcome> =>
    chain.call(by(index), rewards, ["commit", epoch, sealOf(sealed(index, epoch, root)), "0x1234"]);
  const revealOf = (index: number, epoch: number, root: string): Promise<Outcome> =>
    chain.call(stranger.address, rewards, ["reveal", epoch, by(index), keyOf(index), root]);
  const [first, second] = TREES as unknown as [Tree, Tree];

  test("is settled by exactly two thirds of all weight, revealed by anybody", async () => {
    await chain.undone(async () => {
      at(1, 5);
      // 10 + 20 + 30 + 80: two validators with 20 and 80 have 100 of 150 from epoch 2 on.
      await chain.call(owner.address, registry, ["stake", by(3), 40n]);
      await chain.call(owner.address, registry, ["stake", by(2), 10n]);
      at(3, limits.anchorSeconds);
      for (const index of [0, 1, 2, 3]) await commitOf(index, 2, index % 2 === 1 ? first.root : second.root);
      at(3, limits.commitSeconds);
      expect((await revealOf(3, 2, first.root)).events.map(({ name }) => name)).toEqual(["Revealed"]);
      expect((await revealOf(0, 2, second.root)).events.map(({ name }) => name)).toEqual(["Revealed"]);
      const last = await revealOf(1, 2, first.root);
      expect(last.events.map(({ name, args }) => [name, args.toObject()])).toEqual([
        ["Revealed", expect.objectContaining({ epoch: 2n, weight: 20n, payout: first.root })],
        ["Settled", { epoch: 1n, payout: first.root }],
      ]);
      const claimed = await chain.call(stranger.address, rewards, ["claim", anna, 1, 300n, first.proof(anna)]);
      expect(claimed.events[0]?.args.toObject()).toMatchObject({ epoch: 1n, amount: 300n });
      expect(await balanceOf(chain, token, anna)).toBe(300n);
    });
  });

  test("does not open for a key, a vote or a validator that was not sealed", async () => {
    await chain.undone(async () => {
      at(2, limits.anchorSeconds);
      await commitOf(0, 1, first.root);
      await commitOf(1, 1, first.root);
      expect(await revealOf(0, 1, first.root)).toMatchObject({ error: "WrongPhase" });
      at(2, limits.commitSeconds);
      expect(await commitOf(2, 1, first.root)).toMatchObject({ error: "WrongPhase" });
      expect(await revealOf(0, 1, second.root)).toMatchObject({ error: "BadSeal" });
      const other = ["reveal", 1, by(1), keyOf(0), first.root] as const;
      expect(await chain.call(stranger.address, rewards, other)).toMatchObject({ error: "BadSeal" });
      expect(await revealOf(2, 1, first.root)).toMatchObject({ error: "BadSeal" });
      expect(await revealOf(0, 1, first.root)).toMatchObject({ error: undefined });
      expect(await revealOf(0, 1, first.root)).toMatchObject({ error: "AlreadyDone" });
    });
  });

  test("goes by a validator that lets three pass, which counts again like a newcomer once it is back", async () => {
    await chain.undone(async () => {
      const idle = ["suspend", by(3)] as const;
      // It could report epochs 1, 2 and 3, the last until late in epoch 4.
      at(4, limits.revealSeconds - 1);
      expect(await chain.call(stranger.address, rewards, idle)).toMatchObject({ error: "NotIdle", errorArgs: [0n] });
      expect((await chain.call(stranger.address, rewards, idle)).error).toBeUndefined();
      expect(nameOf(await chain.call(stranger.address, rewards, idle))).toBe("NotAuthorised");
      expect(String(await chain.view(registry, "totalWeight", [5]))).toBe("60");
      await chain.call(by(3), registry, ["resume"]);
      at(5, limits.anchorSeconds);
      expect(await commitOf(3, 4, first.root)).toMatchObject({ error: "NotActive" });
      at(8, limits.revealSeconds - 2);
      expect(await chain.call(stranger.address, rewards, idle)).toMatchObject({ error: "NotIdle" });
    });
  });
});
