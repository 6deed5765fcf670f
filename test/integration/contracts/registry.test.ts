import { MaxUint256, ZeroAddress } from "ethers";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { startAnvil } from "../../support/anvil.ts";
import { CHAIN_ID, DEFAULTS, deployNetwork, type Outcome, TestChain, TREASURY } from "./contracts.ts";
import { domainOf, NO_SIGNATURE, sign, testKey } from "./keys.ts";
import {
  MINER,
  type RegistryExpected,
  RegistryModel,
  type RegistryOperation,
  ROUTER,
  VALIDATOR,
} from "./registryModel.ts";

const chain = await new TestChain(await startAnvil(afterAll)).start();
// Small enough that a few nodes fill it.
const limits = { ...DEFAULTS, genesis: chain.now, maxValidators: 2, maxNodes: 2 };
const network = await deployNetwork(chain, limits);
const { token, registry, rewards } = network;
const domain = domainOf(network.runtime.address);
const owners = [testKey(21), testKey(22)] as const;
const nodes = [31, 32, 33, 34, 35, 36].map(testKey);
const RICH = 1_000_000n;
await chain.fundGas(...[...owners, ...nodes].map(({ address }) => address));
for (const { address } of [...owners, ...nodes]) {
  await chain.call(TREASURY, token, ["transfer", address, RICH]);
  await chain.call(address, token, ["approve", registry.address, MaxUint256]);
}

const nodeIndex = fc.nat(nodes.length - 1);
const amount = fc.oneof({ weight: 5, arbitrary: fc.bigInt(10n, 60n) }, { weight: 1, arbitrary: fc.bigInt(0n, 15n) });
const of = <const T extends string>(kind: T) => ({ kind: fc.constant(kind), node: nodeIndex });
const addresses = fc.constantFrom(
  "",
  "/ip4/127.0.0.1/tcp/1/ws\nhttps://router.example",
  "a".repeat(1024),
  "a".repeat(1025),
);
const step = fc.record({
  /** Whether `node` and `displaced` count among those that fit, or among all. */
  aimed: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
  /** Owners 0 and 1, then the nodes; the one who should, unless given. */
  from: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, fc.nat(owners.length + nodes.length - 1)),
  seconds: fc.oneof({ weight: 5, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.integer({ min: 100, max: 450 }) }),
  action: fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        ...of("register"),
        amount,
        addresses,
        role: fc.constantFrom(VALIDATOR, VALIDATOR, VALIDATOR, VALIDATOR, VALIDATOR, MINER, MINER, ROUTER, ROUTER, 0),
        consent: fc.oneof(
          { weight: 6, arbitrary: fc.constant("true" as const) },
          fc.constantFrom("otherRole", "otherOwner", "otherChain", "none"),
        ),
        displaced: nodeIndex,
      }),
    },
    { weight: 4, arbitrary: fc.record({ ...of("stake"), amount }) },
    { weight: 5, arbitrary: fc.record({ ...of("unstake"), amount: fc.oneof(amount, fc.constant(1000n)) }) },
    { weight: 5, arbitrary: fc.record(of("withdraw")) },
    { weight: 2, arbitrary: fc.record(of("suspend")) },
    { weight: 2, arbitrary: fc.record(of("resume")) },
    { weight: 1, arbitrary: fc.record({ ...of("announce"), addresses }) },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Action = Step["action"];
const address = (index: number): string => nodes[index]?.address ?? "";

function natural(model: RegistryModel, kind: Action["kind"], node: string): string {
  if (kind === "suspend") return rewards.address;
  if (kind === "resume" || kind === "announce") return node;
  return model.nodes.get(node)?.owner ?? (owners[Number(BigInt(node) % 2n)] ?? owners[0]).address;
}

function consentOf({ role, consent }: Action & { kind: "register" }, node: string, owner: string) {
  const key = nodes.find((candidate) => candidate.address === node) ?? testKey(1);
  if (consent === "none") return NO_SIGNATURE;
  const on = consent === "otherChain" ? { ...domain, chainId: CHAIN_ID + 1 } : domain;
  const named = consent === "otherOwner" ? key.address : owner;
  return sign(key, on, { owner: named, role: consent === "otherRole" ? (role + 1) % 4 : role });
}

function pick(index: number, among: readonly string[]): string {
  return among[index % Math.max(among.length, 1)] ?? address(index);
}

async function perform(
  model: RegistryModel,
  { from, seconds, action, aimed }: Step,
): Promise<[Outcome, RegistryExpected]> {
  chain.now += seconds;
  const isNew = action.kind === "register";
  const fitting = nodes.map((key) => key.address).filter((name) => model.nodes.has(name) !== isNew);
  const node = aimed ? pick(action.node, fitting) : address(action.node);
  const sender = from === undefined ? natural(model, action.kind, node) : ([...owners, ...nodes][from]?.address ?? "");
  const call = { from: sender, now: chain.now + 1 };
  if (action.kind !== "register") {
    const operation = { ...action, node } as RegistryOperation;
    const outcome = await chain.call(sender, registry, [action.kind, ...argumentsOf(action, node)]);
    return [outcome, model.apply(operation, call)];
  }
  const displaced = aimed ? pick(action.displaced, model.listed(action.role)) : address(action.displaced);
  const { r, vs } = consentOf(action, node, sender);
  // A node that owns itself has signed for that owner.
  const consents = action.consent === "true" || (action.consent === "otherOwner" && sender === node);
  const args = [node, action.role, action.amount, action.addresses, r, vs, displaced];
  const outcome = await chain.call(sender, registry, ["register", ...args]);
  return [outcome, model.apply({ ...action, node, displaced, consents }, call)];
}

function argumentsOf(action: Action, node: string): unknown[] {
  if (action.kind === "resume") return [];
  if (action.kind === "announce") return [action.addresses];
  return "amount" in action ? [node, action.amount] : [node];
}

/** The books of the chain are those of the model. */
async function checkMoney(model: RegistryModel): Promise<void> {
  const holders = [...owners, ...nodes].map((key) => key.address);
  const balances = await chain.views(
    [registry.address, ...holders].map((holder) => [token, "balanceOf", holder] as const),
  );
  expect(balances.map((result) => result[0])).toEqual([
    model.held,
    ...holders.map((holder) => RICH + (model.moved.get(holder) ?? 0n)),
  ]);
}

/** Weights of this epoch and the next, each node's and the sum. */
async function checkWeights(model: RegistryModel): Promise<void> {
  const epoch = model.epochAt(chain.now);
  for (const of of [epoch, epoch + 1]) {
    const results = await chain.views([
      [registry, "totalWeight", of],
      ...nodes.map((node) => [registry, "weightOf", node.address, of] as const),
    ]);
    const [total, ...weights] = results.map((result) => result[0]);
    expect(weights).toEqual(nodes.map((node) => model.weightOf(node.address, of)));
    expect(total).toBe(model.validatorWeight(of));
  }
}

/** Records as the model has them; every listed node at its own index, no other index taken. */
async function checkRecords(model: RegistryModel): Promise<void> {
  const records = await chain.views(nodes.map((node) => [registry, "nodeOf", node.address] as const));
  const stored = await chain.views(nodes.map((node) => [registry, "addressesOf", node.address] as const));
  const seen = records.map((result, index) => {
    const { owner, role, since, suspended, next, unbonding, releaseAt, index: at } = result[0];
    const record = {
      owner: owner.toLowerCase(),
      role: Number(role),
      since: Number(since),
      suspended,
      releaseAt: Number(releaseAt),
    };
    if (owner === ZeroAddress) return undefined;
    return { ...record, listed: at !== 2n ** 32n - 1n, stake: next, unbonding, addresses: stored[index]?.[0] };
  });
  expect(seen).toEqual(nodes.map((node) => model.nodes.get(node.address)));
  const slots = Number((await chain.view(registry, "slots"))[0]);
  const held = await chain.views(Array.from({ length: slots }, (_, index) => [registry, "nodeAt", index] as const));
  const expected = Array.from({ length: slots }, () => ZeroAddress);
  for (const [index, record] of seen.entries()) {
    if (record?.listed === true) expected[Number(records[index]?.[0].index)] = address(index);
  }
  expect(held.map((result) => result[0].toLowerCase())).toEqual(expected);
}

describe("whatever is called by whomever and in whichever order", () => {
  test("the registry holds what nodes have in it, and weights change between epochs only", {
    timeout: 60_000,
  }, async () => {
    const schedules = fc.array(step, { minLength: 40, maxLength: 60, size: "max" });
    await fc.assert(
      fc.asyncProperty(schedules, (schedule) =>
        chain.undone(async () => {
          const model = new RegistryModel(limits, rewards.address);
          for (const next of schedule) {
            const [{ error, events }, expected] = await perform(model, next);
            expect(error === undefined ? { events: events.map(({ name }) => name) } : { error }).toEqual(expected);
            await checkMoney(model);
            await checkWeights(model);
          }
          await checkRecords(model);
        }),
      ),
      { numRuns: 30 },
    );
  });
});

describe("one node", () => {
  const [owner] = owners;
  const node = nodes[0] ?? testKey(1);
  const register = (amount: bigint, { role = VALIDATOR, key = node, displaced = ZeroAddress } = {}) => {
    const { r, vs } = sign(key, domain, { owner: owner.address, role });
    return chain.call(owner.address, registry, ["register", key.address, role, amount, "", r, vs, displaced]);
  };
  const nextEpoch = async (epochs = 1): Promise<void> => {
    const epoch = Math.floor((chain.now - limits.genesis) / limits.epochSeconds);
    chain.now = limits.genesis + (epoch + epochs) * limits.epochSeconds;
    await chain.call(TREASURY, token, ["approve", owner.address, 0n]);
  };

  test("leaves with all it has, whatever others added meanwhile, after the epochs it answers for", async () => {
    await chain.undone(async () => {
      await register(50n);
      await nextEpoch();
      await chain.call(nodes[1]?.address ?? "", registry, ["stake", node.address, 1n]);
      const leaving = await chain.call(owner.address, registry, ["unstake", node.address, 50n]);
      expect(leaving).toMatchObject({ error: "StakeTooLow", errorArgs: [1n, limits.minimumStake] });
      const left = await chain.call(owner.address, registry, ["unstake", node.address, 2n ** 96n - 1n]);
      const releaseAt = BigInt(limits.genesis + (1 + 1 + limits.unbondingEpochs) * limits.epochSeconds);
      expect(left.events[1]?.args.toObject()).toMatchObject({ amount: 51n, unbonding: 51n, releaseAt });
      chain.now = Number(releaseAt) - 2;
      const early = await chain.call(owner.address, registry, ["withdraw", node.address]);
      expect(early).toMatchObject({ error: "NothingToWithdraw", errorArgs: [releaseAt] });
      const gone = await chain.call(owner.address, registry, ["withdraw", node.address]);
      expect(gone.events[0]?.args.toObject()).toMatchObject({ amount: 51n, removed: true });
      // The index is free for the next, and the key may come back.
      expect((await register(10n, { role: MINER })).events[0]?.args.toObject()).toMatchObject({ index: 0n });
    });
  });

  test("keeps its weight of an epoch through anything that happens in it", async () => {
    await chain.undone(async () => {
      await register(50n);
      await nextEpoch();
      const weights = async () =>
        (await chain.views([1, 2].map((epoch) => [registry, "weightOf", node.address, epoch] as const))).map(String);
      expect(await weights()).toEqual(["50", "50"]);
      await chain.call(owner.address, registry, ["stake", node.address, 25n]);
      expect(await weights()).toEqual(["50", "75"]);
      await chain.call(rewards.address, registry, ["suspend", node.address]);
      expect(await weights()).toEqual(["50", "0"]);
      await chain.call(owner.address, registry, ["unstake", node.address, 15n]);
      await chain.call(node.address, registry, ["resume"]);
      expect(await weights()).toEqual(["50", "60"]);
      await nextEpoch();
      await expect(chain.view(registry, "weightOf", [node.address, 1])).rejects.toThrow();
    });
  });

  test("takes the place of a smaller one in a full role, and no other", async () => {
    await chain.undone(async () => {
      const [, second, third] = nodes;
      if (second === undefined || third === undefined) throw new Error("too few nodes");
      await register(50n);
      await register(40n, { key: second });
      expect(await register(50n, { key: third })).toMatchObject({ error: "RegistryFull" });
      expect(await register(50n, { key: third, displaced: node.address })).toMatchObject({ error: "RegistryFull" });
      const taken = await register(50n, { key: third, displaced: second.address });
      expect(taken.events.map(({ name }) => name)).toContain("Displaced");
      expect(taken.events.find(({ name }) => name === "Registered")?.args.toObject()).toMatchObject({ index: 1n });
      expect(String(await chain.view(registry, "totalWeight", [1]))).toBe("100");
    });
  });
});
