import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventQueue } from "./eventQueue.ts";
import { jain, percentile } from "./results.ts";
import { scenarioNamed } from "./scenarios.ts";
import { type SimEnd, SimMiner } from "./simMiner.ts";
import { simulate } from "./simulate.ts";
import type { SimMinerSpec, SimTask } from "./world.ts";

const spec: SimMinerSpec = {
  index: 0,
  prefillMsPerToken: 1,
  decodeMsPerToken: 20,
  slots: 2,
  rttMs: 10,
  stake: 1,
  breaks: 0,
};
const task: SimTask = {
  index: 0,
  atMs: 0,
  account: 0,
  conversation: 0,
  promptTokens: 100,
  outputTokens: 50,
  maxTokens: 100,
};

/** The ends of orders given at once, without noise. */
function serve(over: Partial<SimMinerSpec>, tasks: readonly SimTask[]): SimEnd[] {
  const clock = new EventQueue();
  const miner = new SimMiner({ ...spec, ...over }, { clock, random: () => 0.5 });
  const ends: SimEnd[] = [];
  for (const one of tasks) clock.after(one.atMs, () => miner.take(one, (end) => ends.push(end)));
  clock.run();
  return ends;
}

describe("the simulated clock", () => {
  it("lets things happen in the order of their times", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100)), (times) => {
        const clock = new EventQueue();
        const seen: number[] = [];
        for (const time of times) clock.after(time, () => seen.push(clock.now()));
        clock.run();
        expect(seen).toEqual(times.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe("the simulated miner", () => {
  const other = { ...task, conversation: 1 };

  it("takes the way, the prompt and the answer, each at its speed", () => {
    expect(serve({}, [task])).toEqual([{ broken: false, ttftMs: 110, durationMs: 1110 }]);
  });

  it("serves beside each other as many as it has slots, a little slower, and queues the rest", () => {
    const ends = serve({}, [task, other, { ...task, conversation: 2 }]);
    expect(ends).toMatchObject([{ durationMs: 1110 }, { durationMs: 1260 }, { ttftMs: 1210, durationMs: 2360 }]);
  });

  it("does not compute again what it remembers of a conversation", () => {
    const [, next] = serve({}, [task, { ...task, atMs: 5000, promptTokens: 160 }]);
    expect(next).toMatchObject({ ttftMs: 20 });
  });

  it("slows down in the middle of an order", () => {
    const slowDown = { fromMs: 600, toMs: 1600, factor: 10 };
    expect(serve({ slowDown }, [task])).toMatchObject([{ ttftMs: 110, durationMs: 10 + 600 + 1000 + 400 }]);
  });

  it("breaks orders, and falls silent", () => {
    expect(serve({ breaks: 1 }, [task])).toEqual([{ broken: true }]);
    expect(serve({ silent: { fromMs: 0, toMs: 1 } }, [task])).toEqual([{ broken: true }]);
  });
});

describe("results", () => {
  it("follow the definitions", () => {
    expect(percentile([3, 1, 2, 4], 0.5)).toBe(2);
    expect(percentile([3, 1, 2, 4], 0.99)).toBe(4);
    expect(jain([1, 1, 1, 1])).toBe(1);
    expect(jain([4, 0, 0, 0])).toBe(0.25);
  });

  it("are the same for the same seed", () => {
    const scenario = scenarioNamed("10 new miners");
    expect(simulate(scenario, "ours")).toEqual(simulate(scenario, "ours"));
  });
});
