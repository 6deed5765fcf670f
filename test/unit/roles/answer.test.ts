import { afterEach, describe, expect, it } from "vitest";
import { recover } from "../../../src/keys/index.ts";
import { lastPart, verifyBundle } from "../../../src/protocol/receiptBundle.ts";
import { FINISH } from "../../../src/protocol/records.ts";
import { RoleNetwork, randomHex } from "../../support/roleNetwork.ts";

let network: RoleNetwork;
afterEach(async () => {
  await network.stop();
});

const balanced = (): void => {
  const { receipted, toMiners, fromClients } = network.sums();
  expect(toMiners).toBe(receipted);
  expect(fromClients).toBe(receipted);
};

describe("a task between a router and a miner", () => {
  it("comes back as text with a receipt that holds, paid on both edges", async () => {
    network = await RoleNetwork.create();
    const { signer } = await network.addMiner();
    const { text, finish } = await network.ask();
    expect(text.length).toBeGreaterThan(10);
    expect(finish.bundle.text).toBe(text);
    expect(lastPart(finish.bundle).order.miner).toBe(signer.address);
    const failed = verifyBundle(finish.bundle, { recover }).filter(({ ok }) => !ok);
    expect(failed).toEqual([]);
    expect(finish.costWei).toBe(lastPart(finish.bundle).receipt.fee);
    expect(network.sums().receipted).toBe(lastPart(finish.bundle).receipt.fee);
    balanced();
  });

  it("gives the same text for the same seed and input, and another for another seed", async () => {
    network = await RoleNetwork.create();
    await network.addMiner();
    const first = await network.ask({ clientSeed: 7n });
    const again = await network.ask({ clientSeed: 7n });
    const other = await network.ask({ clientSeed: 8n });
    expect(again.text).toBe(first.text);
    expect(other.text).not.toBe(first.text);
  });

  it("returns the stored answer for a request that comes again, and bills it once", async () => {
    network = await RoleNetwork.create();
    await network.addMiner();
    const request = { account: randomHex(32), requestId: randomHex(16) };
    const first = await network.ask(request);
    const again = await network.ask(request);
    expect(again.text).toBe(first.text);
    expect(again.finish.bundle.id).toBe(first.finish.bundle.id);
    expect(network.sums().receipted).toBe(lastPart(first.finish.bundle).receipt.fee);
  });

  it("grows receipts in long answers and pays each", async () => {
    network = await RoleNetwork.create();
    await network.addMiner({ script: "rate=5000,length=300", exposureWei: 21n * 10n ** 11n * 70n });
    const { finish } = await network.ask({ params: { ...network.request().params, maxTokens: 250 } });
    expect(finish.finish).toBe("length");
    expect(finish.outputTokens).toBe(250);
    balanced();
  });

  it("answers many at once on several miners", async () => {
    network = await RoleNetwork.create();
    await network.addMiner();
    await network.addMiner();
    const answers = await Promise.all(Array.from({ length: 40 }, () => network.ask()));
    const sum = answers.reduce((total, { finish }) => total + lastPart(finish.bundle).receipt.fee, 0n);
    expect(network.sums().receipted).toBe(sum);
    expect(new Set(answers.map(({ finish }) => lastPart(finish.bundle).order.miner)).size).toBe(2);
    balanced();
  });

  it("stops at a stop string and does not show it", async () => {
    network = await RoleNetwork.create();
    await network.addMiner();
    const whole = await network.ask({ clientSeed: 3n });
    const stop = whole.text.slice(12, 18);
    const cut = await network.ask({ clientSeed: 3n, params: { ...network.request().params, stop: [stop] } });
    expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect(cut.finish.finish).toBe("stop");
  });
});

describe("a client that goes away", () => {
  it("is billed for what was receipted, and the miner stops", async () => {
    network = await RoleNetwork.create();
    await network.addMiner({ script: "rate=200,length=400" });
    const left = new AbortController();
    const answer = network.router.answer(
      network.request({ params: { ...network.request().params, maxTokens: 400 } }),
      left.signal,
    );
    let tokens = 0;
    let finish: unknown;
    for await (const event of answer) {
      if (event.type === "text") tokens += event.ids.length;
      if (tokens > 10) left.abort();
      if (event.type === "finish") finish = event.bundle && lastPart(event.bundle).receipt.finish;
    }
    expect(finish).toBe(FINISH.cancelled);
    expect(tokens).toBeLessThan(100);
    balanced();
  });
});

describe("what cannot be served", () => {
  it("names the models that are, when the wanted one is not", async () => {
    network = await RoleNetwork.create();
    await network.addMiner();
    await expect(network.ask({ model: "gpt-4o" })).rejects.toMatchObject({
      code: "model-unserved",
      details: { data: { model: "gpt-4o" } },
    });
  });

  it("says how long the prompt is and what the model takes", async () => {
    network = await RoleNetwork.create();
    await network.addMiner();
    const content = "word ".repeat(20_000);
    await expect(
      network.ask({ input: { kind: "messages", messages: [{ role: "user", content }] } }),
    ).rejects.toMatchObject({ code: "context-length" });
    balanced();
  });

  it("goes to another miner when the first breaks before its first token", async () => {
    network = await RoleNetwork.create();
    await network.addMiner({ script: "rate=2000,length=40,error@0" });
    await network.addMiner();
    const answers = await Promise.all(Array.from({ length: 6 }, () => network.ask()));
    expect(answers.every(({ text }) => text.length > 0)).toBe(true);
    balanced();
  });
});

describe("a router that dies", () => {
  it("goes on with the same books, and the miner ends up with every voucher", async () => {
    network = await RoleNetwork.create();
    await network.addMiner({ script: "rate=2000,length=120" });
    for (let round = 0; round < 5; round += 1) {
      const running = Array.from({ length: 4 }, () =>
        network.ask({ params: { ...network.request().params, maxTokens: 150 } }).catch(() => undefined),
      );
      await running[0];
      await network.killRouter();
      await network.startRouter();
      await network.untilConnected(1);
      balanced();
    }
    await network.ask();
    balanced();
    const { receipted } = network.sums();
    while (network.sums().atMiners < receipted) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(network.sums().atMiners).toBe(receipted);
  });
});
