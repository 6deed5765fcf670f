import { afterEach, describe, expect, it } from "vitest";
import { recover } from "../../../src/keys/index.ts";
import { verifyBundle } from "../../../src/protocol/receiptBundle.ts";
import type { ThresholdCard } from "../../../src/protocol/thresholdCard.ts";
import type { AnswerFinish } from "../../../src/router/task.ts";
import { RoleNetwork, type TestMiner } from "../../support/roleNetwork.ts";

let network: RoleNetwork;
afterEach(async () => {
  await network.stop();
});

const HONEST = "rate=2000,length=60,name=m";
/** The same model by name, and other answers. */
const LIAR = "rate=2000,length=60,name=m,seed=liar";

async function askThree(
  scripts: readonly string[],
): Promise<{ text: string; finish: AnswerFinish; miners: TestMiner[] }> {
  network = await RoleNetwork.create();
  const miners: TestMiner[] = [];
  for (const script of scripts) miners.push(await network.addMiner({ script }));
  const { text, finish } = await network.ask({ redundancy: 3, clientSeed: 5n });
  return { text, finish, miners };
}

function balanced(): void {
  const { receipted, toMiners, fromClients } = network.sums();
  expect(toMiners).toBe(receipted);
  expect(fromClients).toBe(receipted);
}

describe("three replicas", () => {
  it("agree when all are honest, and each is paid and receipted", async () => {
    const { text, finish } = await askThree([HONEST, HONEST, HONEST]);
    expect(finish).toMatchObject({ finish: "stop", agreement: 1, outliers: [], text });
    expect(finish.results).toHaveLength(3);
    expect(new Set(finish.results?.map(({ miner }) => miner)).size).toBe(3);
    expect(finish.results?.map(({ commitment }) => commitment === null)).toEqual([true, false, false]);
    for (const { bundle } of finish.results ?? [])
      expect(verifyBundle(bundle, { recover }).filter(({ ok }) => !ok)).toEqual([]);
    expect(finish.costWei).toBe(network.sums().receipted);
    balanced();
  });

  it.each([0, 1, 2, 3, 4, 5])("name the one that lies, and the answer is right (run %i)", async () => {
    const { finish, miners } = await askThree([HONEST, LIAR, HONEST]);
    const liar = miners[1]?.signer.address;
    expect(finish.outliers).toEqual([liar]);
    expect(finish.agreement).toBeCloseTo(2 / 3);
    expect(finish.bundle?.parts[0]?.order.miner).not.toBe(liar);
    const right = finish.results?.find(({ miner }) => miner !== liar)?.text;
    expect(finish.text).toBe(right);
    balanced();
  });

  it("keep the answer of the majority for a request that comes again", async () => {
    network = await RoleNetwork.create();
    for (const script of [HONEST, LIAR, HONEST]) await network.addMiner({ script });
    const request = network.request({ redundancy: 3, clientSeed: 5n });
    const first = await network.ask(request);
    const again = await network.ask(request);
    expect(again.text).toBe(first.finish.text);
    expect(again.finish.bundle.id).toBe(first.finish.bundle.id);
  });

  it("are all shown, with nobody named, when no two agree", async () => {
    const { finish } = await askThree([HONEST, LIAR, `${LIAR}2`]);
    expect(finish).toMatchObject({ agreement: 1 / 3, outliers: [] });
    expect(new Set(finish.results?.map(({ text }) => text)).size).toBe(3);
  });

  it("do without one that stalls", async () => {
    network = await RoleNetwork.create();
    for (const script of [HONEST, HONEST, `${HONEST},error@10`]) await network.addMiner({ script });
    const { finish } = await network.ask({ redundancy: 3, clientSeed: 5n });
    expect(finish).toMatchObject({ finish: "stop", agreement: 1, outliers: [] });
    expect(finish.results?.length).toBeGreaterThanOrEqual(2);
    balanced();
  });

  it("are refused where fewer owners serve the model, before anything is ordered", async () => {
    network = await RoleNetwork.create();
    await network.addMiner({ script: HONEST });
    await expect(network.ask({ redundancy: 3 })).rejects.toMatchObject({
      code: "no-capacity",
      details: { data: { needed: 3, owners: 1 } },
    });
    expect(network.sums().receipted).toBe(0n);
  });
});

describe("without a majority of equal answers", () => {
  /** Machines whose numbers differ in the last places: other choices at near-ties, and small margins. */
  const noisy = (machine: number): string => `${HONEST},noise=0.4,machine=${machine}`;
  const CARD: ThresholdCard = {
    version: 1,
    modelId: `0x${"00".repeat(32)}`,
    bands: [{ temperature: 2, cuts: false, limits: [{ tokens: 16, marginNats: 0.5 }] }],
  };

  it("each answer is judged by the models of the others, and the one that only its own miner believes is named", async () => {
    network = await RoleNetwork.create({ card: CARD });
    const miners: TestMiner[] = [];
    for (const script of [noisy(1), noisy(2), LIAR, noisy(3)]) miners.push(await network.addMiner({ script }));
    const { finish } = await network.ask({ redundancy: 4, clientSeed: 5n });
    const liar = miners[2]?.signer.address;
    expect(finish.agreement).toBe(1 / 4);
    expect(finish.outliers).toEqual([liar]);
    expect(finish.bundle.parts[0]?.order.miner).not.toBe(liar);
    // Each of four answers was judged three times, and every judge is paid.
    expect(finish.costWei).toBe(network.sums().receipted);
    balanced();
  });

  it("nobody is named where all are honest, and nothing is judged without a card", async () => {
    network = await RoleNetwork.create({ card: CARD });
    for (let machine = 1; machine <= 3; machine += 1) await network.addMiner({ script: noisy(machine) });
    const { finish } = await network.ask({ redundancy: 3, clientSeed: 5n });
    expect(finish).toMatchObject({ agreement: 1 / 3, outliers: [] });
    const answers = finish.results?.reduce((sum, { bundle }) => sum + (bundle.parts[0]?.receipt.fee ?? 0n), 0n) ?? 0n;
    expect(finish.costWei).toBeGreaterThan(answers);
    balanced();
  });
});
