import { array, assert, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { EventList } from "../../../src/observability/events.ts";
import { RollingCounter } from "../../../src/observability/rollingCounter.ts";
import { RollingSamples } from "../../../src/observability/rollingSamples.ts";
import { WorkMeter } from "../../../src/observability/work.ts";
import { FakeClock } from "../../support/fakeClock.ts";

const START = 1_700_000_000_000;

function setUp() {
  const clock = new FakeClock(START);
  const meter = new WorkMeter(clock);
  const task = (tokens: number, ttftMs = 100, durationMs = 1100): void => {
    meter.taskStarted();
    meter.firstToken(ttftMs);
    meter.tokens(tokens);
    meter.taskDone({ promptTokens: 7, outputTokens: tokens, durationMs, ttftMs });
  };
  return { clock, meter, task };
}

test("a meter that has seen nothing has zeros and no times", () => {
  expect(setUp().meter.facts()).toEqual({
    tasksTotal: 0,
    tasksLastHour: 0,
    failedLastHour: 0,
    tasksLastMinute: 0,
    promptTokensTotal: 0,
    outputTokensTotal: 0,
    tokensPerSecond: 0,
    ttftMs: null,
    ttftP95Ms: null,
    answerTokensPerSecond: null,
    tasksHistory: Array.from({ length: 12 }, () => 0),
    tokensHistory: Array.from({ length: 12 }, () => 0),
  });
});

test("tasks leave the minute and the hour, totals stay", async () => {
  const { clock, meter, task } = setUp();
  task(50);
  meter.taskStarted();
  meter.tokens(5);
  meter.taskFailed();
  const ofNow = meter.facts();
  expect(ofNow).toMatchObject({
    tasksTotal: 1,
    tasksLastMinute: 1,
    tasksLastHour: 1,
    failedLastHour: 1,
    promptTokensTotal: 7,
    outputTokensTotal: 55,
  });
  await clock.pass(61_000);
  expect(meter.facts()).toMatchObject({ tasksLastMinute: 0, tasksLastHour: 1, ttftMs: 100 });
  await clock.pass(3_600_000);
  expect(meter.facts()).toMatchObject({
    tasksTotal: 1,
    tasksLastHour: 0,
    failedLastHour: 0,
    ttftMs: null,
    answerTokensPerSecond: null,
    outputTokensTotal: 55,
  });
});

test("a steady stream of tokens shows its rate without flicker", async () => {
  const { clock, meter } = setUp();
  for (let i = 0; i < 300; i += 1) {
    await clock.pass(50);
    meter.tokens(2);
    if (i > 250) expect(meter.facts().tokensPerSecond).toBeCloseTo(40, -0.5);
  }
  await clock.pass(11_000);
  expect(meter.facts().tokensPerSecond).toBe(0);
});

test("history has 12 sums of 5 seconds, oldest first", async () => {
  const { clock, task, meter } = setUp();
  task(10);
  await clock.pass(20_000);
  task(30);
  task(30);
  expect(meter.facts().tasksHistory).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
  expect(meter.facts().tokensHistory).toEqual([0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 60]);
  await clock.pass(40_000);
  expect(meter.facts().tasksHistory).toEqual([0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("times are the median and the 95% of the hour; speed is that of decoding", () => {
  const { meter, task } = setUp();
  for (let i = 1; i <= 100; i += 1) task(101, i * 10, i * 10 + 1000);
  expect(meter.facts()).toMatchObject({ ttftMs: 500, ttftP95Ms: 950, answerTokensPerSecond: 100 });
});

test("an answer of one token says nothing about speed", () => {
  const { meter, task } = setUp();
  task(1);
  task(0);
  expect(meter.facts().answerTokensPerSecond).toBeNull();
});

test("running tasks are counted", () => {
  const { meter, task } = setUp();
  meter.taskStarted();
  meter.taskStarted();
  task(1);
  expect(meter.running).toBe(2);
  meter.taskFailed();
  expect(meter.running).toBe(1);
});

test("a rolling counter agrees with a list of everything, whatever the clock does", () => {
  const steps = array(record({ ms: integer({ min: -2000, max: 30_000 }), amount: integer({ min: 0, max: 9 }) }), {
    maxLength: 60,
  });
  assert(
    property(steps, integer({ min: 1, max: 20 }), (events, window) => {
      const counter = new RollingCounter(20);
      const all: { second: number; amount: number }[] = [];
      let now = START;
      let newest = 0;
      for (const { ms, amount } of events) {
        now += ms;
        // A clock set back counts into the newest second.
        newest = Math.max(newest, Math.floor(now / 1000));
        counter.add(amount, now);
        all.push({ second: newest, amount });
        const expected = all.filter(({ second }) => second > newest - window).reduce((sum, one) => sum + one.amount, 0);
        expect(counter.sum(window, now)).toBe(expected);
      }
    }),
  );
});

test("samples beyond the capacity push out the oldest", () => {
  const samples = new RollingSamples(3);
  for (const value of [9, 1, 2, 3]) samples.add(value, START);
  expect(samples.quantiles([0, 0.5, 1], START)).toEqual([1, 2, 3]);
  expect(samples.quantiles([0.5], START + 1)).toEqual([null]);
});

test("an event list keeps the newest, newest first", async () => {
  const clock = new FakeClock(START);
  const events = new EventList(clock, 2);
  events.add("one");
  await clock.pass(1000);
  events.add("two");
  events.add("three");
  expect(events.list()).toEqual([
    { at: "2023-11-14T22:13:21.000Z", text: "three" },
    { at: "2023-11-14T22:13:21.000Z", text: "two" },
  ]);
});
