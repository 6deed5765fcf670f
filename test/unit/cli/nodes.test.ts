import { describe, expect, test } from "vitest";
import { MemoryChain } from "../../../src/chain/memory/memoryChain.ts";
import type { NodeRecord as Registered } from "../../../src/chain/interface.ts";
import { findNode } from "../../../src/cli/nodes/findNode.ts";
import { haveMoney } from "../../../src/cli/nodes/haveMoney.ts";
import { inOrder, nodeView } from "../../../src/cli/nodes/nodeView.ts";
import { register, roleOf } from "../../../src/cli/nodes/registration.ts";
import type { NodeRecord } from "../../../src/fleet/status/nodeRecords.ts";
import { publicName } from "../../../src/fleet/status/publicName.ts";
import { createSigner, newPrivateKey, recover } from "../../../src/keys/index.ts";
import { consentOf } from "../../../src/node/enrol.ts";
import { addressOf } from "../../support/statusFixtures.ts";

const COR = 10n ** 18n;

function registered(patch: Partial<Registered> = {}): Registered {
  return {
    address: addressOf("a"),
    owner: addressOf("b"),
    role: "miner",
    index: 0,
    since: 3,
    suspended: false,
    stakeWei: 100n * COR,
    unbondingWei: 0n,
    addresses: [],
    ...patch,
  };
}

const MINER: NodeRecord = {
  name: "miner-1",
  role: "miner",
  network: "local",
  address: addressOf("a"),
  owner: addressOf("b"),
};
const ROUTER: NodeRecord = { ...MINER, name: "router-1", role: "router", address: addressOf("c") };

describe("a node of the registry", () => {
  test("of this home has its name and is known not to run; of somebody else's nothing is known", () => {
    expect(nodeView(registered(), { records: [MINER], running: [] })).toMatchObject({
      name: "miner-1",
      live: false,
      state: "down",
      stake_cor: "100",
    });
    expect(nodeView(registered(), { records: [], running: [] })).toMatchObject({ name: null, live: null, state: null });
  });

  test("stands after the routers", () => {
    const views = [registered(), registered({ role: "router" })].map((node) =>
      nodeView(node, { records: [], running: [] }),
    );
    expect(inOrder(views).map(({ role }) => role)).toEqual(["router", "miner"]);
  });
});

describe("a node on the command line", () => {
  const stranger = registered({ address: addressOf("e") });
  const choice = { records: [MINER, ROUTER], registered: [stranger] };

  test.each([
    ["router-1", addressOf("c")],
    [`0x${"E".repeat(40)}`, addressOf("e")],
    [publicName(addressOf("e")), addressOf("e")],
  ])("is found as %s", (word, address) => {
    expect(findNode({ ...choice, word })).toBe(address);
  });

  test("need not be named where there is only one", () => {
    expect(findNode({ word: undefined, records: [MINER], registered: [] })).toBe(MINER.address);
    expect(() => findNode({ ...choice, word: undefined })).toThrow("which node is meant");
    expect(() => findNode({ ...choice, word: "miner-7" })).toThrow("no node is called miner-7");
  });
});

describe("registering", () => {
  const node = createSigner(newPrivateKey());
  const owner = createSigner(newPrivateKey());

  function world() {
    const chain = new MemoryChain({}, { recover });
    const consent = consentOf(node, { owner: owner.address, role: "miner", chain });
    const order = { node: node.address, role: "miner", stakeWei: 100n * COR, consent } as const;
    return { chain, order, deps: { chain, faucet: undefined, owner, recover, retry: "cortensor again" } };
  }

  test("stakes the owner's money, which the faucet gives where there is one", async () => {
    const { chain, order, deps } = world();
    await register(order, { ...deps, faucet: chain });
    expect(await chain.node(node.address)).toMatchObject({ owner: owner.address, role: "miner" });
    expect((await chain.balance(owner.address)).corWei).toBe(0n);
  });

  test("sends nothing when the node agreed to something else", async () => {
    const { chain, order, deps } = world();
    await chain.fund(owner.address, { corWei: 100n * COR, gasWei: 1n });
    await expect(register({ ...order, role: "router" }, deps)).rejects.toMatchObject({ code: "option-value" });
    expect((await chain.balance(owner.address)).corWei).toBe(100n * COR);
  });

  test("says how much is missing", async () => {
    const { chain, order, deps } = world();
    await chain.fund(owner.address, { corWei: 60n * COR, gasWei: 1n });
    await expect(register(order, deps)).rejects.toMatchObject({
      code: "stake-low",
      exitCode: 6,
      details: { why: [["needed", `40 COR more on ${owner.address}`]], try: "cortensor again" },
    });
    await chain.fund(owner.address, { corWei: 100n * COR, gasWei: 1n });
    await expect(register(order, deps)).resolves.toMatchObject({ hash: expect.stringMatching(/^0x/) });
  });

  test("needs gas", async () => {
    const { chain, deps } = world();
    await chain.fund(owner.address, { corWei: COR, gasWei: 0n });
    const need = { owner: owner.address, corWei: COR, action: "staking" };
    await expect(haveMoney(need, deps)).rejects.toMatchObject({ code: "gas-low" });
  });

  test.each([
    [{ flag: "router", known: "miner", name: "miner-1" }, "router"],
    [{ flag: undefined, known: "miner", name: "router-1" }, "miner"],
    [{ flag: undefined, known: undefined, name: "router-1" }, "router"],
  ] as const)("of %o has a role", (given, role) => {
    expect(roleOf(given)).toBe(role);
  });

  test("needs the role of a node whose name does not tell", () => {
    expect(() => roleOf({ flag: undefined, known: undefined, name: "box" })).toThrow("the node's role is not known");
  });
});
