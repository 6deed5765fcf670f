import { describe, expect, it } from "vitest";
import { lookOf } from "../../../src/cli/output/look.ts";
import { Progress, type ProgressOptions } from "../../../src/cli/output/progress.ts";
import type { Clock } from "../../../src/util/types.ts";

class HandClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; action: () => void }>();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { at: this.#now + delayMs, action };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      this.#timers.delete(timer);
      timer.action();
    }
  }

  get waiting(): number {
    return this.#timers.size;
  }
}

function open(options: Partial<ProgressOptions>) {
  const clock = new HandClock();
  const written: string[] = [];
  const look = lookOf({ columns: 60 }, { env: {}, flags: { color: false, ascii: false } });
  const progress = new Progress(
    { look, terminal: false, silent: false, ...options },
    { write: (text) => void written.push(text), clock },
  );
  return { clock, progress, text: () => written.join("") };
}

/** A step that ends when the test says so. */
function held<T>() {
  const end = Promise.withResolvers<T>();
  let say: (text: string) => void = () => {};
  const work = (tell: (text: string) => void): Promise<T> => {
    say = tell;
    return end.promise;
  };
  return { work, end, say: (text: string) => say(text) };
}

const CLEAR = "\r\u001b[2K";

describe("a step of long work", () => {
  it("says nothing below 300 ms, unless its plan shows every step", async () => {
    const { progress, text, clock } = open({});
    await progress.step({ name: "key", work: () => Promise.resolve(1), result: () => "made" });
    expect(text()).toBe("");
    await progress.step({ name: "key", work: () => Promise.resolve(1), result: () => "made", always: true });
    expect(text()).toMatch(/^ ✓ key {9}made {47} {2}0 ms\n$/);
    expect(clock.waiting).toBe(0);
  });

  it("on a terminal has one line that turns into its result", async () => {
    const { progress, text, clock } = open({ terminal: true });
    const step = held<number>();
    const done = progress.step({ name: "router", work: step.work, result: (port) => `port ${port}` });
    step.say("waiting for the chain");
    clock.pass(299);
    expect(text()).toBe("");
    clock.pass(1);
    expect(text()).toBe(`${CLEAR}   router      waiting for the chain`);
    step.say("starting");
    step.end.resolve(5010);
    expect(await done).toBe(5010);
    expect(text().split(CLEAR)).toEqual([
      "",
      "   router      waiting for the chain",
      "   router      starting",
      expect.stringMatching(/^ ✓ router {6}port 5010 +0\.3 s\n$/),
    ]);
  });

  it("keeps its line last while notes are printed, and within the terminal", async () => {
    const { progress, text, clock } = open({ terminal: true });
    const step = held<void>();
    const done = progress.step({ name: "model", work: step.work });
    step.say("x".repeat(100));
    clock.pass(300);
    progress.print("a note");
    const line = `   model       ${"x".repeat(44)}`;
    expect(text()).toBe(`${CLEAR}${line}${CLEAR}a note\n${CLEAR}${line}`);
    step.end.resolve();
    await done;
  });

  it("without a terminal has a line at its start and one at its end, and news at most every 30 s", async () => {
    const { progress, text, clock } = open({});
    const step = held<void>();
    const done = progress.step({ name: "model", work: step.work });
    clock.pass(300);
    step.say("1%");
    clock.pass(29_000);
    step.say("2%");
    clock.pass(1000);
    step.say("3%");
    step.end.resolve();
    await done;
    expect(text().split("\n")).toEqual([
      "   model",
      "   model       3%",
      expect.stringMatching(/^ ✓ model +30 s$/),
      "",
    ]);
  });

  it("that fails says so and passes the error on", async () => {
    const { progress, text, clock } = open({ terminal: true });
    const step = held<void>();
    const done = progress.step({ name: "chain", work: step.work });
    clock.pass(300);
    step.end.reject(new Error("gone"));
    await expect(done).rejects.toThrow("gone");
    expect(text()).toMatch(/ ✗ chain +0\.3 s\n$/);
    expect(clock.waiting).toBe(0);
  });

  it("draws no second line while another step has one", async () => {
    const { progress, text, clock } = open({ terminal: true });
    const [first, second] = [held<void>(), held<void>()];
    const all = Promise.all([
      progress.step({ name: "first", work: first.work }),
      progress.step({ name: "second", work: second.work }),
    ]);
    clock.pass(300);
    second.say("news");
    expect(text()).toBe(`${CLEAR}   first`);
    second.end.resolve();
    first.end.resolve();
    await all;
  });

  it("is silent with --quiet and --json", async () => {
    const { progress, text } = open({ silent: true });
    await progress.step({ name: "key", work: () => Promise.resolve(), always: true });
    expect(text()).toBe("");
  });
});
