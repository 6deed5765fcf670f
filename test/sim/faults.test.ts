import { expect, onTestFinished, test } from "vitest";
import { FAULT_KINDS, type FaultKind } from "../../src/util/fault.ts";
import { RoleNetwork } from "../support/roleNetwork.ts";

/** Streams that something befell; those to which nothing happened are checked too and do not count. */
const STREAMS = 1000;
/** Where the machine is busy, miners that failed are passed over for longer, and more streams go by unharmed. */
const MOST_STREAMS = 12_000;
const AT_ONCE = 24;
/** Streams of the same seed have the same answer. */
const SEEDS = 200;
const KINDS = ["crash", "stall", "drop", "corrupt", "drain"] as const satisfies readonly FaultKind[];
const FAULTY_MINERS = 20;
const SCRIPT = "rate=3000,length=16";
/** So that of five answers about four suffer something; a stall takes the longest to notice. */
const CHAOS = KINDS.map((kind) => `${kind}@~16%${kind === "stall" ? 10 : 35}`).join(",");

interface Stream {
  readonly text: string;
  readonly ids: readonly number[];
  readonly finishes: number;
  /** More than one: something befell it. */
  readonly attempts: number;
  /** Why it ended without an answer. */
  readonly error?: string;
}

/** What a client sees of one answer. */
async function stream(network: RoleNetwork, seed: number): Promise<Stream> {
  let text = "";
  const ids: number[] = [];
  let finishes = 0;
  let attempts = 0;
  const request = network.request({ clientSeed: BigInt(seed) });
  try {
    for await (const event of network.router.answer(request, new AbortController().signal)) {
      if (event.type === "text") {
        text += event.text;
        ids.push(...event.ids);
      }
      if (event.type !== "finish") continue;
      finishes += 1;
      attempts = event.attempts.length;
    }
    return { text, ids, finishes, attempts };
  } catch (error) {
    return { text, ids, finishes, attempts, error: String(error) };
  }
}

/** Streams, a number of them at a time, until it is enough; stream n has seed n modulo the number of seeds. */
async function streams(
  network: RoleNetwork,
  enough: (ended: readonly Stream[]) => boolean,
): Promise<readonly Stream[]> {
  const all: Stream[] = [];
  let begun = 0;
  const one = async (): Promise<void> => {
    while (!enough(all)) {
      const at = begun++;
      all[at] = await stream(network, at % SEEDS);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return all;
}

const befell = ({ attempts, error }: Stream): boolean => attempts > 1 || error !== undefined;

async function calmAnswers(): Promise<readonly Stream[]> {
  const network = await RoleNetwork.create();
  onTestFinished(() => network.stop());
  await network.addMiner({ script: "length=16", slots: AT_ONCE });
  return await streams(network, ({ length }) => length >= SEEDS);
}

test(`${STREAMS} streams over miners that crash, stall, hang up, send garbage and drain end as if nothing had happened`, {
  timeout: 120_000,
}, async () => {
  const calm = await calmAnswers();
  const fallen = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const network = await RoleNetwork.create({
    router: {
      attempts: 16,
      queueMs: 20_000,
      timeoutMs: 60_000,
      limits: { ackMs: 1500, lateMs: 1500, stallMs: 400 },
    },
    // So that many an attempt has earned something before it ends.
    parameters: { receiptTokens: 8 },
  });
  onTestFinished(() => network.stop());
  await network.addMiner({ script: SCRIPT, slots: AT_ONCE - FAULTY_MINERS });
  // One answer at a time on each, so that a fault befalls the stream it was drawn for and no other.
  for (let at = 0; at < FAULTY_MINERS; at += 1)
    await network.addMiner({
      script: SCRIPT,
      slots: 1,
      drainMs: 10,
      chaos: CHAOS,
      onFault: (kind) => (fallen[kind] += 1),
    });

  const seen = await streams(
    network,
    (ended) => ended.filter(befell).length >= STREAMS || ended.length >= MOST_STREAMS,
  );
  const said = JSON.stringify({ ...fallen, streams: seen.length, befell: seen.filter(befell).length });
  expect(
    seen.flatMap(({ error }) => error ?? []),
    said,
  ).toEqual([]);
  for (const [at, { text, ids, finishes }] of seen.entries()) {
    expect(text, said).toBe(calm[at % SEEDS]?.text);
    expect(ids, said).toEqual(calm[at % SEEDS]?.ids);
    expect(finishes, said).toBe(1);
  }
  expect(seen.filter(befell).length, said).toBeGreaterThanOrEqual(STREAMS);
  for (const kind of KINDS) expect(fallen[kind], said).toBeGreaterThan(STREAMS / 20);

  const { receipted, toMiners, fromClients } = network.sums();
  expect(toMiners, said).toBe(receipted);
  expect(fromClients, said).toBe(receipted);
  // Whoever was away when it was paid has its voucher with the next hello.
  await expect.poll(() => network.sums().atMiners, { timeout: 5000 }).toBe(receipted);
});
