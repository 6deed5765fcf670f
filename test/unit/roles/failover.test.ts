import { afterEach, describe, expect, it } from "vitest";
import { recover } from "../../../src/keys/index.ts";
import { verifyBundle } from "../../../src/protocol/receiptBundle.ts";
import type { AnswerFinish, TaskRequest } from "../../../src/router/task.ts";
import { type Answered, RoleNetwork, type TestMiner } from "../../support/roleNetwork.ts";

let network: RoleNetwork;
afterEach(async () => {
  await network.stop();
});

const GOOD = "rate=2000,length=100";
const SEED = { clientSeed: 11n } as const;

/** Both edges carry exactly what was receipted. */
const balanced = (): void => {
  const { receipted, toMiners, fromClients } = network.sums();
  expect(toMiners).toBe(receipted);
  expect(fromClients).toBe(receipted);
};

/** What an honest miner answers when nothing goes wrong. */
async function wholeText(change: Partial<TaskRequest> = {}): Promise<string> {
  const calm = await RoleNetwork.create();
  try {
    await calm.addMiner({ script: GOOD });
    return (await calm.ask({ ...SEED, ...change })).text;
  } finally {
    await calm.stop();
  }
}

/** Asks a miner that fails; a good one comes when the first tokens are there. `at` is called for each event. */
async function askBad(
  script: string,
  { change = {}, at }: { change?: Partial<TaskRequest>; at?: (tokens: number, bad: TestMiner) => void } = {},
): Promise<{ text: string; ids: number[]; finish: AnswerFinish }> {
  network = await RoleNetwork.create();
  const bad = await network.addMiner({ script });
  let good: Promise<unknown> | undefined;
  let text = "";
  const ids: number[] = [];
  const answer = network.router.answer(network.request({ ...SEED, ...change }), new AbortController().signal);
  for await (const event of answer) {
    good ??= network.addMiner({ script: GOOD });
    if (event.type === "text") {
      text += event.text;
      ids.push(...event.ids);
      at?.(ids.length, bad);
    }
    if (event.type !== "finish") continue;
    await good;
    return { text, ids, finish: event };
  }
  throw new Error("the answer had no end");
}

function holds({ bundle }: AnswerFinish | Answered): void {
  if (bundle === undefined) throw new Error("the answer has no receipt");
  expect(verifyBundle(bundle, { recover }).filter(({ ok }) => !ok)).toEqual([]);
}

describe("a miner that is lost in the middle of an answer", () => {
  const cases: readonly (readonly [how: string, script: string, at?: (tokens: number, bad: TestMiner) => void])[] = [
    ["its engine fails", "rate=500,length=100,error@20x1"],
    ["its engine fails after a receipt", "rate=1000,length=100,error@80x1"],
    ["it stalls", "rate=500,length=100,stall@20x1"],
    [
      "its line is cut",
      "rate=500,length=100",
      (tokens, { signer }) => {
        if (tokens === 20) network.lines.cut(network.routerSigner.address, signer.address);
      },
    ],
    [
      "it leaves",
      "rate=50,length=100",
      (tokens, { miner }) => {
        if (tokens === 20) void miner.stop();
      },
    ],
  ];
  for (const [how, script, at] of cases)
    it(`is followed by another, and nobody sees it: ${how}`, async () => {
      const { text, ids, finish } = await askBad(script, at === undefined ? {} : { at });
      expect(text).toBe(await wholeText());
      expect(ids).toHaveLength(finish.outputTokens);
      expect(finish).toMatchObject({ finish: "stop", text });
      expect(finish.attempts.length).toBeGreaterThan(1);
      holds(finish);
      expect(finish.bundle?.ids).toEqual(ids);
      expect(finish.costWei).toBe(finish.bundle?.parts.reduce((sum, { receipt }) => sum + receipt.fee, 0n));
      balanced();
    });

  it("is paid for what it signed, and the tokens after that are billed to nobody", async () => {
    const { finish } = await askBad("rate=1000,length=100,error@80x1");
    const [first, last] = finish.bundle?.parts ?? [];
    expect(finish.bundle?.parts).toHaveLength(2);
    expect(first?.receipt).toMatchObject({ from: 0, to: 64, finish: 0 });
    expect(last?.receipt).toMatchObject({ from: last?.order.from, to: 101 });
    expect(last?.order.from).toBeGreaterThanOrEqual(64);
    // The prompt is paid to whoever finishes, once.
    expect(first?.receipt.fee).toBe(64n * (first?.order.outputPrice ?? 0n));
  });

  it("hands its tasks over signed, so that none of its tokens is lost", async () => {
    const { finish } = await askBad("rate=50,length=100", {
      at: (tokens, { miner }) => {
        if (tokens === 20) void miner.stop();
      },
    });
    const [first, last] = finish.bundle?.parts ?? [];
    expect(first?.receipt.to).toBe(last?.order.from);
    const [left] = network.router.peers().filter(({ address }) => address === first?.order.miner);
    expect(left?.broken ?? 0).toBe(0);
  });

  it.each(Array.from({ length: 30 }, (_, at) => at + 1))(
    "leaves no seam after token %i: characters of several bytes and stop strings are exact",
    async (at) => {
      const whole = await wholeText();
      const stop = whole.slice(90, 96);
      const params = { ...(await requestParams()), stop: [stop] };
      const { text, finish } = await askBad(`rate=2000,length=100,error@${at}x1`, { change: { params } });
      expect(text).toBe(whole.slice(0, whole.indexOf(stop)));
      expect(finish.finish).toBe("stop");
    },
  );
});

async function requestParams(): Promise<TaskRequest["params"]> {
  const some = await RoleNetwork.create();
  await some.stop();
  return some.request({ model: "scripted" }).params;
}

describe("an answer that no miner can end", () => {
  it("says so and is billed for its receipts only", async () => {
    network = await RoleNetwork.create({ router: { queueMs: 100 } });
    await network.addMiner({ script: "rate=2000,length=300,error@20" });
    const events = [];
    for await (const event of network.router.answer(network.request(SEED), new AbortController().signal))
      events.push(event);
    const finish = events.at(-1) as AnswerFinish;
    expect(finish).toMatchObject({ finish: "error", error: { code: "task-failed" } });
    expect(finish.attempts.map(({ tokens }) => tokens)).toEqual(finish.attempts.map(() => 20));
    expect(finish.outputTokens).toBe(20 * finish.attempts.length);
    expect(finish.costWei).toBe(network.sums().receipted);
    expect(finish.bundle).toBeUndefined();
    balanced();
  });

  it("is an error when not even its first token came", async () => {
    network = await RoleNetwork.create({ router: { queueMs: 100 } });
    await network.addMiner({ script: "error@0" });
    await expect(network.ask()).rejects.toMatchObject({ code: "task-failed" });
    balanced();
  });
});

describe("a first token that is late", () => {
  it("is asked of a second miner, and only the quicker one is paid", async () => {
    network = await RoleNetwork.create();
    await network.addMiner({ script: "rate=2000,length=10,first=2", slots: 2 });
    for (let asked = 0; asked < 60; asked += 1) await network.ask();
    await network.addMiner({ script: "rate=2000,length=10,first=900", slots: 2 });
    await Promise.all(Array.from({ length: 4 }, () => network.ask()));
    const hedged = network.router.tasks().filter(({ attempts }) => attempts.some(({ cause }) => cause === "hedge"));
    expect(hedged.length).toBeGreaterThan(0);
    for (const { attempts, durationMs, state } of hedged) {
      expect(state.status).toBe("closed");
      expect(attempts.map(({ end }) => end).sort()).toEqual(["slower", "stop"]);
      expect(durationMs).toBeLessThan(900);
    }
    balanced();
  });
});
