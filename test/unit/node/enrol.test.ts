import { expect, it } from "vitest";
import { MemoryChain } from "../../../src/chain/index.ts";
import { createSigner, newPrivateKey, recover } from "../../../src/keys/index.ts";
import { openKey } from "../../../src/keys/openKey.ts";
import { enrol } from "../../../src/node/enrol.ts";
import { bytesOf } from "../../../src/util/hex.ts";

const COR = 10n ** 18n;

for (const role of ["miner", "router"] as const) {
  it(`a practice ${role} that starts again is as rich as it was, to the last unit`, async () => {
    const chain = new MemoryChain({}, { recover });
    const owner = createSigner(newPrivateKey());
    const node = openKey(bytesOf(newPrivateKey()));
    const options = {
      identity: { name: "one", node, owner: owner.address, ownerSigner: owner },
      role,
      addresses: [],
      consent: false,
    };
    await enrol(options, { chain, faucet: chain });
    // What it earns meanwhile: less than the stake it was given at first, and more than nothing.
    await chain.fund(owner.address, { corWei: 93_500_000_000_000n, gasWei: 0n });
    const before = await Promise.all([chain.balance(owner.address), chain.balance(node.address)]);
    await enrol(options, { chain, faucet: chain });
    const after = await Promise.all([chain.balance(owner.address), chain.balance(node.address)]);
    expect(after.map(({ corWei }) => corWei)).toEqual(before.map(({ corWei }) => corWei));
    expect(after[0].corWei).toBe(93_500_000_000_000n);
  });
}

it("a router gets money to pay miners with, a miner only gas", async () => {
  const chain = new MemoryChain({}, { recover });
  const float = async (role: "miner" | "router"): Promise<bigint> => {
    const owner = createSigner(newPrivateKey());
    const node = openKey(bytesOf(newPrivateKey()));
    await enrol(
      { identity: { name: role, node, owner: owner.address, ownerSigner: owner }, role, addresses: [], consent: false },
      { chain, faucet: chain },
    );
    return (await chain.balance(node.address)).corWei;
  };
  expect(await float("miner")).toBe(0n);
  expect(await float("router")).toBe(500n * COR);
});
