import { describe, expect, onTestFinished, test } from "vitest";
import { Chaos, createMemoryNetwork } from "../../../src/p2p/index.ts";
import { parseChaos } from "../../../src/p2p/chaos/chaosSpec.ts";
import { type PeerStream, PROTOCOLS } from "../../../src/p2p/interface.ts";
import { decodeFrame, encodeFrame, type Frame } from "../../../src/protocol/frames.ts";
import type { Address, Hex } from "../../../src/util/types.ts";
import { FakeClock } from "../../support/fakeClock.ts";

const MINER: Address = `0x${"a".repeat(40)}`;
const ROUTER: Address = `0x${"b".repeat(40)}`;
const ORDER: Hex = `0x${"1".repeat(32)}`;
const OTHER: Hex = `0x${"2".repeat(32)}`;

const tokens = (from: number, { orderId = ORDER, last = false } = {}): Uint8Array =>
  encodeFrame({ type: "tokens", orderId, from, ids: [from], text: "", ...(last && { finish: "stop" as const }) });

/** A miner's end with chaos on it, and what reaches the router. */
async function line(spec: string) {
  const clock = new FakeClock();
  const network = createMemoryNetwork({ clock });
  const [miner, router] = [network.transport(MINER), network.transport(ROUTER)];
  const arrived: (Frame | "garbage")[] = [];
  const ended = Promise.withResolvers<"closed" | "broken">();
  router.handle(PROTOCOLS.task, (stream) => void read(stream).then(ended.resolve));
  const read = async (stream: PeerStream): Promise<"closed" | "broken"> => {
    try {
      for await (const bytes of stream.frames) arrived.push(frameOf(bytes));
      return "closed";
    } catch {
      return "broken";
    }
  };
  await Promise.all([miner.start(), router.start()]);
  const calls: string[] = [];
  const chaos = new Chaos(
    { spec, name: MINER },
    { clock, crash: () => calls.push("crash"), drain: () => calls.push("drain") },
  );
  const stream = chaos.over(await miner.open(`/memory/${ROUTER}`, PROTOCOLS.task, new AbortController().signal));
  onTestFinished(async () => {
    await Promise.all([miner.stop(), router.stop()]);
  });
  const settle = () => clock.pass(0);
  return { chaos, stream, arrived, ended: ended.promise, calls, clock, settle };
}

function frameOf(bytes: Uint8Array): Frame | "garbage" {
  try {
    return decodeFrame(bytes);
  } catch {
    return "garbage";
  }
}

const froms = (frames: readonly (Frame | "garbage")[]): unknown[] =>
  frames.map((frame) => (frame !== "garbage" && frame.type === "tokens" ? frame.from : frame));

describe("a line with chaos", () => {
  test("is a line like any other while nothing is ordered", async () => {
    const { stream, arrived, ended } = await line("");
    for (let at = 0; at < 5; at += 1) stream.send(tokens(at));
    await stream.close();
    expect(await ended).toBe("closed");
    expect(froms(arrived)).toEqual([0, 1, 2, 3, 4]);
  });

  test("stall: nothing more of that answer, all of the others", async () => {
    const { stream, arrived, settle } = await line("stall@2x1");
    for (let at = 0; at < 4; at += 1) stream.send(tokens(at));
    for (let at = 0; at < 4; at += 1) stream.send(tokens(at, { orderId: OTHER }));
    await settle();
    expect(froms(arrived)).toEqual([0, 1, 0, 1, 2, 3]);
  });

  test("error: the answer fails and can be tried elsewhere", async () => {
    const { stream, arrived, settle } = await line("error@1");
    for (let at = 0; at < 4; at += 1) stream.send(tokens(at));
    await settle();
    expect(arrived).toHaveLength(2);
    expect(arrived[1]).toMatchObject({ type: "fail", orderId: ORDER, retryable: true });
  });

  test("drop: cuts the line before the token, and says nothing more", async () => {
    const { stream, arrived, ended, settle } = await line("drop@2");
    for (let at = 0; at < 2; at += 1) stream.send(tokens(at));
    await settle();
    for (let at = 2; at < 4; at += 1) stream.send(tokens(at));
    expect(await ended).toBe("broken");
    expect(froms(arrived)).toEqual([0, 1]);
  });

  test("corrupt: bytes that are no frame in place of the tokens", async () => {
    for (let round = 0; round < 50; round += 1) {
      const { stream, arrived, settle } = await line("corrupt@2");
      for (let at = 0; at < 4; at += 1) stream.send(tokens(at));
      await settle();
      expect(froms(arrived)).toEqual([0, 1, "garbage"]);
    }
  });

  test("crash and drain are the node's to make", async () => {
    const draining = await line("drain@1");
    for (let at = 0; at < 3; at += 1) draining.stream.send(tokens(at));
    await draining.settle();
    expect(draining.calls).toEqual(["drain"]);
    expect(froms(draining.arrived)).toEqual([0, 1, 2]);
    const crashing = await line("crash@1");
    for (let at = 0; at < 3; at += 1) crashing.stream.send(tokens(at));
    expect(await crashing.ended).toBe("broken");
    expect(crashing.calls).toEqual(["crash"]);
  });

  test("slow: ten times the pace of before, from there on", async () => {
    const { stream, arrived, clock } = await line("slow@1");
    stream.send(tokens(0));
    await clock.pass(50);
    stream.send(tokens(1));
    await clock.pass(499);
    expect(froms(arrived)).toEqual([0]);
    await clock.pass(2);
    expect(froms(arrived)).toEqual([0, 1]);
  });

  test("flaky: frames are late and keep their order; what is late is sent before the line is closed", async () => {
    const { stream, arrived, ended, clock } = await line("flaky=50ms,dice=3");
    for (let at = 0; at < 20; at += 1) stream.send(tokens(at));
    await clock.pass(0);
    expect(arrived.length).toBeLessThan(20);
    const closed = stream.close();
    await clock.pass(50);
    await closed;
    expect(await ended).toBe("closed");
    expect(froms(arrived)).toEqual(Array.from({ length: 20 }, (_, at) => at));
  });

  test("flaky with a share: cuts the line at some frame", async () => {
    const { stream, arrived, ended, settle } = await line("flaky=0ms%20,dice=1");
    for (let at = 0; at < 200; at += 1) {
      stream.send(tokens(at));
      await settle();
    }
    expect(await ended).toBe("broken");
    expect(arrived.length).toBeGreaterThan(0);
    expect(arrived.length).toBeLessThan(100);
  });

  test("can be changed while it stands, and counts for the answers that begin then", async () => {
    const { chaos, stream, arrived, settle } = await line("stall@1");
    stream.send(tokens(0));
    chaos.set("");
    stream.send(tokens(1));
    stream.send(tokens(0, { orderId: OTHER }));
    stream.send(tokens(1, { orderId: OTHER, last: true }));
    await settle();
    expect(froms(arrived)).toEqual([0, 0, 1]);
    expect(() => chaos.set("melt@5")).toThrowError(expect.objectContaining({ code: "option-value" }));
    expect(chaos.spec).toBe("");
  });
});

describe("a spec of chaos", () => {
  test("is faults, a flaky line and dice", () => {
    expect(parseChaos("crash@~60%5, stall@~40%5,flaky=50ms%0.1,dice=7")).toEqual({
      faults: [
        { kind: "crash", atToken: 60, anywhere: true, percent: 5 },
        { kind: "stall", atToken: 40, anywhere: true, percent: 5 },
      ],
      flaky: { delayMs: 50, cutPercent: 0.1 },
      dice: "7",
    });
    expect(parseChaos("")).toEqual({ faults: [] });
  });

  test.each(["crash", "flaky", "flaky=50", "flaky=5ms%200", "dice=", "rate=200"])(
    "refuses %s and says what there is",
    (spec) => {
      expect(() => parseChaos(spec)).toThrowError(
        expect.objectContaining({ code: "option-value", message: expect.stringContaining(spec) }),
      );
    },
  );
});
