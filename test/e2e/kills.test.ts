import { expect, test } from "vitest";
import { type NodeName, nodeProcesses } from "../support/nodeProcesses.ts";

const KILLS = 20;
const PROMPTS = 10;
const NAMES = ["router-1", "miner-1", "miner-2"] as const;

/** Scripted processes, and how they are asked. */
async function processes() {
  const nodes = await nodeProcesses({
    CORTENSOR_ENGINE_ENGINE: "scripted",
    CORTENSOR_ENGINE_SCRIPT: "rate=800,length=120",
  });
  /** The fee of the answer's receipt; undefined when the client got none. */
  const ask = async (): Promise<bigint | undefined> => {
    try {
      const reply = await fetch(`${nodes.url}/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${nodes.apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ messages: [{ role: "user", content: "Tell me." }], max_tokens: 150 }),
      });
      const body = (await reply.json()) as { cortensor?: { receipt: { parts: { receipt: { fee: string } }[] } } };
      return body.cortensor === undefined
        ? undefined
        : body.cortensor.receipt.parts.reduce((sum, { receipt }) => sum + BigInt(receipt.fee), 0n);
    } catch {
      return undefined;
    }
  };
  return { ...nodes, ask };
}

test(`after ${KILLS} kills at random points nothing is lost and nothing paid twice, to the last unit on the chain`, {
  timeout: 300_000,
}, async () => {
  const { chain, start, kill, factsOf, untilConnected, ask, tell } = await processes();
  const schedule = Array.from({ length: KILLS }, () => ({
    victim: NAMES[Math.floor(Math.random() * NAMES.length)] ?? "router-1",
    afterMs: Math.floor(Math.random() * 250),
  }));
  const balanceOf = async (name: NodeName): Promise<bigint> =>
    (await chain.balance((await factsOf(name)).owner)).corWei;
  const before = await Promise.all(NAMES.map(balanceOf));

  let seenByClients = 0n;
  let answered = 0;
  for (const { victim, afterMs } of schedule) {
    const asked = Array.from({ length: PROMPTS }, ask);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await kill(victim);
    const restarted = start(victim);
    for (const fee of await Promise.all(asked)) {
      seenByClients += fee ?? 0n;
      answered += fee === undefined ? 0 : 1;
    }
    await restarted;
    await untilConnected();
  }
  const said = JSON.stringify(schedule);
  expect(answered, said).toBeGreaterThan(0);
  const calm = await Promise.all(Array.from({ length: PROMPTS }, ask));
  expect(
    calm.every((fee) => fee !== undefined),
    said,
  ).toBe(true);
  seenByClients += calm.reduce((sum: bigint, fee) => sum + (fee ?? 0n), 0n);

  for (const name of NAMES) await tell(name, "POST /redeem");
  const [router, ...miners] = await Promise.all(NAMES.map(async (name) => (await factsOf(name)).money));
  const receipted = BigInt(router?.receiptedWei ?? 0);
  const vouchersOfMiners = miners.reduce((sum, { vouchersWei }) => sum + BigInt(vouchersWei), 0n);
  expect(BigInt(router?.vouchersWei ?? 0), said).toBe(receipted);
  expect(vouchersOfMiners, said).toBe(receipted);
  // Every answer that a client holds is booked; what broke off is booked for its growing receipts.
  expect(receipted, said).toBeGreaterThanOrEqual(seenByClients);
  const after = await Promise.all(NAMES.map(balanceOf));
  const gained = after.map((balance, at) => balance - (before[at] ?? 0n));
  expect(gained[0], said).toBe(receipted);
  expect((gained[1] ?? 0n) + (gained[2] ?? 0n), said).toBe(receipted);
});
