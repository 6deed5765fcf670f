import { describe, expect, it } from "vitest";
import type { Outcome, Wanted } from "../../../src/router/choice.ts";
import type { Choice } from "../../../src/router/choice.ts";
import { MinerPool, type PooledMiner } from "../../../src/router/minerPool.ts";
import type { MinerLink } from "../../../src/router/minerLink.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { minerAddress, minerLine } from "../../support/minerLine.ts";
import { seeded } from "../../support/seeded.ts";

const wanted: Wanted = { model: "tiny", input: { kind: "text", text: "a" }, maxTokens: 10, avoid: new Set() };
const good = { ttftMs: 100, durationMs: 1000, promptTokens: 40, outputTokens: 11 };

function poolOf(...links: MinerLink[]) {
  const clock = new FakeClock();
  const random = seeded(1);
  let drawn = 0;
  const pool = new MinerPool({
    clock,
    random: () => {
      drawn += 1;
      return random();
    },
  });
  for (const link of links) pool.add(link, "0x01");
  const give = (asked: Partial<Wanted> = {}): PooledMiner => {
    const { miner } = pool.choose({ ...wanted, ...asked });
    if (miner === undefined) return expect.unreachable("no miner is free");
    return miner;
  };
  const serve = (orders: number, outcome: Outcome = good, asked: Partial<Wanted> = {}): void => {
    for (let order = 0; order < orders; order += 1) pool.release(give(asked), outcome);
  };
  return { pool, clock, give, serve, drawn: () => drawn };
}

const line = (n: number, model: Parameters<typeof minerLine>[0]["model"] = {}) =>
  minerLine({ address: minerAddress(n), model });

/** Whether waiting is in vain; undefined when a miner was found or none serves the model. */
function busy(choice: Choice): { hopeless: boolean } | undefined {
  return "hopeless" in choice ? { hopeless: choice.hopeless() } : undefined;
}

describe("choosing", () => {
  it("finds a model by its name and by its id, and says when nobody serves it", () => {
    const { pool, give } = poolOf(line(1));
    expect(give().address).toBe(minerAddress(1));
    expect(pool.choose({ ...wanted, model: "0xaa" })).toMatchObject({ reason: "busy" });
    expect(pool.choose({ ...wanted, model: "other" })).toEqual({ reason: "unserved" });
  });

  it("says busy when every slot is taken, and that waiting helps", () => {
    const { pool, give } = poolOf(line(1));
    give();
    expect(busy(pool.choose(wanted))).toEqual({ hopeless: false });
    expect(pool.explain(wanted)).toEqual([{ miner: minerAddress(1), reason: "busy" }]);
  });

  it("says that waiting does not help when no miner's price is within the limit", () => {
    const { pool } = poolOf(line(1));
    const choice = pool.choose({ ...wanted, maxOutputPrice: 1n });
    expect(busy(pool.choose({ ...wanted, maxOutputPrice: 1n, prefer: minerAddress(1) }))).toEqual({ hopeless: true });
    expect(busy(choice)).toEqual({ hopeless: true });
    expect(choice).toHaveProperty("decision.passedOver.0.reason", "price");
  });

  it("gives what is too long for everybody to the longest context, which knows the prompt's true length", () => {
    const { give } = poolOf(line(1, { contextTokens: 100 }), line(2, { contextTokens: 200, slots: 1 }));
    expect(give({ maxTokens: 5000 }).address).toBe(minerAddress(2));
  });

  it("gives a named miner the order though it is a newcomer, and no other one", () => {
    const { pool, give, serve } = poolOf(line(1), line(2));
    serve(20, good, { prefer: minerAddress(1) });
    expect(give({ prefer: minerAddress(2) }).address).toBe(minerAddress(2));
    expect(busy(pool.choose({ ...wanted, prefer: minerAddress(2) }))).toEqual({ hopeless: false });
    expect(give({ prefer: minerAddress(9) }).address).toBe(minerAddress(1));
  });

  it("keeps replicas at distinct owners, and takes a tried miner only when there is no other", () => {
    const { give } = poolOf(line(1), line(2));
    expect(give({ excludeOwners: new Set([minerAddress(1)]) }).address).toBe(minerAddress(2));
    expect(give({ avoid: new Set([minerAddress(1), minerAddress(2)]) }).address).toBe(minerAddress(1));
  });

  it("holds the service level against what is settled on chain", () => {
    const classes = new Map([[minerAddress(2), 5]]);
    const pool = new MinerPool({
      clock: new FakeClock(),
      random: seeded(1),
      standing: (miner) => ({ class: classes.get(miner) ?? 0, cusum: 0 }),
    });
    pool.add(line(1), "0x01");
    pool.add(line(2), "0x01");
    expect(pool.choose({ ...wanted, minClass: 4 }).miner?.address).toBe(minerAddress(2));
  });

  it("expects answers as long as the account's were", () => {
    const { pool, serve } = poolOf(line(1));
    serve(1, { ...good, account: "0x11" });
    const expectedSeconds = (account: `0x${string}`) => {
      const choice = pool.choose({ ...wanted, maxTokens: 1000, account });
      if (choice.miner === undefined) return expect.unreachable();
      pool.release(choice.miner, { broken: false });
      return choice.decision.drawn[0]?.decodeSeconds;
    };
    expect(expectedSeconds("0x11")).toBeCloseTo(0.09 * 11, 9);
    expect(expectedSeconds("0x22")).toBeCloseTo(0.09 * 1000, 9);
  });

  it("sends a conversation to the miner that knows it", () => {
    const { give, serve } = poolOf(line(1), line(2));
    for (const n of [1, 2]) serve(20, good, { prefer: minerAddress(n) });
    const input = { kind: "text" as const, text: "once upon a time ".repeat(200) };
    serve(1, { ...good, input }, { prefer: minerAddress(2) });
    const next = { kind: "text" as const, text: `${input.text} and so on` };
    expect(give({ input: next }).address).toBe(minerAddress(2));
  });

  it("draws as often among 100,000 miners as among 100", () => {
    const drawsPerOrder = (miners: number) => {
      const { serve, drawn } = poolOf(...Array.from({ length: miners }, (_, n) => line(n)));
      serve(500);
      return drawn() / 500;
    };
    expect(drawsPerOrder(100_000)).toBeLessThan(2 * drawsPerOrder(100));
  }, 20_000);
});

describe("what is known of a miner", () => {
  it("keeps orders away after three breaks in a row, and heals", async () => {
    const { pool, clock, give, serve } = poolOf(line(1));
    serve(3, { broken: true });
    expect(busy(pool.choose(wanted))).toEqual({ hopeless: false });
    expect(pool.retryAfterSeconds()).toBe(5);
    await clock.pass(5000);
    const probed = give();
    expect(pool.choose(wanted)).toMatchObject({ reason: "busy" });
    pool.release(probed, good);
    give();
  });

  it("outlives its line", () => {
    const { pool, serve } = poolOf();
    const first = line(1);
    pool.add(first, "0x01");
    serve(12);
    pool.remove(first);
    expect(pool.models()).toEqual([]);
    pool.add(line(1), "0x02");
    expect(pool.facts()).toMatchObject([{ finished: 12, broken: 0, ttftMs: 100 }]);
    expect(pool.facts()[0]?.reputation).toBeCloseTo(13 / 14, 9);
  });

  it("shows orders that are overdue, though they have not ended", async () => {
    const { clock, give, serve } = poolOf(line(1), line(2));
    for (const n of [1, 2]) serve(20, good, { prefer: minerAddress(n) });
    give({ prefer: minerAddress(1) });
    give({ prefer: minerAddress(2) });
    const before = give({ prefer: minerAddress(2) }).strain ?? 0;
    await clock.pass(10_000);
    expect(give({ prefer: minerAddress(2) }).strain).toBeGreaterThan(5 * before);
  });

  it("does not hold it against a miner that the client went away", () => {
    const { pool, serve } = poolOf(line(1));
    serve(2);
    serve(4, { unjudged: true });
    expect(pool.choose(wanted)).toHaveProperty("miner");
    expect(pool.choose(wanted)).toHaveProperty("miner");
    expect(pool.facts()).toMatchObject([{ finished: 2, broken: 0 }]);
  });

  it("counts the end of an order once", () => {
    const { pool, give } = poolOf(line(1));
    const miner = give();
    pool.release(miner, good);
    pool.release(miner, { broken: true });
    expect(pool.facts()).toMatchObject([{ finished: 1, broken: 0, slots: { busy: 0 } }]);
  });

  it("fades in weeks", async () => {
    const { pool, clock, serve } = poolOf(line(1));
    serve(14);
    await clock.pass(7 * 24 * 3600 * 1000);
    expect(pool.facts()[0]?.reputation).toBeCloseTo(8 / 9, 9);
  });

  it("lists models with the dearest prices of those who serve them, and only while they do", () => {
    const [one, two] = [
      minerLine({ address: minerAddress(1), promptPrice: 5n }),
      minerLine({ address: minerAddress(2) }),
    ];
    const { pool } = poolOf(one, two);
    expect(pool.models()).toMatchObject([{ name: "tiny", miners: 2, promptPrice: 5n, outputPrice: 2n }]);
    expect(pool.models()).toBe(pool.models());
    pool.remove(one);
    expect(pool.models()).toMatchObject([{ miners: 1, promptPrice: 1n }]);
  });
});

describe("waiting for a slot", () => {
  it("ends when one becomes free, when time is up, and when nobody waits any more", async () => {
    const { pool, clock, give } = poolOf(line(1));
    const miner = give();
    const [never, stop] = [new AbortController().signal, new AbortController()];
    const freed = pool.untilFree(1000, never);
    pool.release(miner, good);
    await freed;
    const late = pool.untilFree(1000, never);
    await clock.pass(1000);
    await late;
    const stopped = pool.untilFree(1000, stop.signal);
    stop.abort();
    await stopped;
    expect(clock.waiting).toBe(0);
  });

  it("wakes those in line for a model one by one, the oldest first", async () => {
    const { pool, clock, give } = poolOf(line(1));
    const signal = new AbortController().signal;
    const woken: string[] = [];
    const waits = ["first", "second"].map((name) => pool.untilFree(1000, signal, "tiny").then(() => woken.push(name)));
    const other = pool.untilFree(1000, signal, "other").then(() => woken.push("other"));
    pool.release(give(), { broken: false });
    await waits[0];
    expect(woken).toEqual(["first"]);
    pool.release(give(), { broken: false });
    await waits[1];
    expect(woken).toEqual(["first", "second"]);
    await clock.pass(1000);
    await other;
    expect(clock.waiting).toBe(0);
  });

  it("is said to take as long as the measured answers make it", () => {
    const { pool, give, serve } = poolOf(line(1, { slots: 1 }));
    expect(pool.retryAfterSeconds()).toBe(1);
    serve(1, { ...good, durationMs: 60_000 });
    give();
    expect(pool.retryAfterSeconds("tiny")).toBe(30);
    void pool.untilFree(1000, new AbortController().signal);
    expect(pool.retryAfterSeconds("tiny")).toBe(90);
  });

  it("has no slots where a miner drains", () => {
    const link = line(1);
    const { pool } = poolOf(link);
    pool.drain(link);
    expect(pool.choose(wanted)).toMatchObject({ reason: "busy" });
  });
});
