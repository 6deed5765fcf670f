import { expect, test } from "vitest";
import { Heartbeat, type WatchedLine } from "../../../src/p2p/libp2p/heartbeat.ts";
import { FakeClock } from "../../support/fakeClock.ts";

function setUp(answers: boolean) {
  const clock = new FakeClock();
  const heartbeat = new Heartbeat({ intervalMs: 2000, misses: 3 }, clock);
  const seen = { pings: 0, dropped: [] as string[] };
  const line: WatchedLine = {
    ping() {
      seen.pings += 1;
      return answers ? Promise.resolve(1).finally(() => watch.heard()) : new Promise(() => undefined);
    },
    drop: (reason) => void seen.dropped.push(reason.message),
  };
  heartbeat.start();
  const watch = heartbeat.watch(line);
  return { clock, heartbeat, watch, seen };
}

test("a quiet line that answers pings is kept", async () => {
  const { clock, seen } = setUp(true);
  await clock.pass(60_000);
  expect(seen.dropped).toEqual([]);
  expect(seen.pings).toBeGreaterThan(10);
});

test("a line that answers nothing is dropped within 10 seconds, once", async () => {
  const { clock, seen } = setUp(false);
  await clock.pass(10_000);
  expect(seen.dropped).toEqual(["no sign of life for 6 s"]);
  await clock.pass(60_000);
  expect(seen.dropped).toHaveLength(1);
  expect(seen.pings).toBe(1);
});

test("a busy line is never asked", async () => {
  const { clock, seen, watch } = setUp(false);
  for (let i = 0; i < 20; i += 1) {
    watch.heard();
    await clock.pass(1500);
  }
  expect(seen).toEqual({ pings: 0, dropped: [] });
});

test("something that comes while a ping is unanswered starts the count anew", async () => {
  const { clock, seen, watch } = setUp(false);
  await clock.pass(8000);
  watch.heard();
  await clock.pass(6000);
  expect(seen.dropped).toEqual([]);
});

test("a line that has ended, and all lines after a stop, are left alone", async () => {
  const ended = setUp(false);
  ended.watch.end();
  const stopped = setUp(false);
  stopped.heartbeat.stop();
  await ended.clock.pass(60_000);
  await stopped.clock.pass(60_000);
  expect([ended.seen, stopped.seen]).toEqual([
    { pings: 0, dropped: [] },
    { pings: 0, dropped: [] },
  ]);
  expect(stopped.clock.waiting).toBe(0);
});
