import { describe, expect, onTestFinished, test } from "vitest";
import { createEngine } from "../../../src/engine/index.ts";
import {
  ScriptedEngine,
  type ScriptedEngineDeps,
  type ScriptedEngineOptions,
} from "../../../src/engine/scripted/scriptedEngine.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import type { Clock } from "../../../src/util/types.ts";
import { collect, engineSuite, greedy, sampled } from "../../support/engineSuite.ts";
import { replaySuite } from "../../support/replaySuite.ts";

engineSuite("scripted engine", (options) => new ScriptedEngine(options));
replaySuite("scripted engine", (options) => new ScriptedEngine({ ...options, length: 500 }), { tolerance: 0 });

/** A clock that stands still until it is moved. */
class StandingClock implements Clock {
  #now = 0;
  #timers: { at: number; action: () => void }[] = [];
  #armed: (() => void) | undefined;

  now(): number {
    return this.#now;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { at: this.#now + delayMs, action };
    this.#timers.push(timer);
    this.#armed?.();
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Waits until somebody waits, moves to that moment and tells how long it was. */
  async step(): Promise<number> {
    if (this.#timers.length === 0) {
      await new Promise<void>((resolve) => {
        this.#armed = resolve;
      });
    }
    const [timer] = this.#timers.splice(0, 1);
    const waited = (timer?.at ?? 0) - this.#now;
    this.#now = timer?.at ?? 0;
    timer?.action();
    return waited;
  }
}

function make(options: ScriptedEngineOptions, deps: ScriptedEngineDeps = {}): ScriptedEngine {
  const engine = new ScriptedEngine(options, deps);
  onTestFinished(() => engine.stop());
  return engine;
}

describe("scripted answers", () => {
  test("are a function of name, seed text and prompt, the same in every process", async () => {
    const ask = async (options: ScriptedEngineOptions, prompt = "hello"): Promise<string> => {
      const engine = make(options);
      return engine.detokenize(await sampled(engine, { ids: engine.tokenize(prompt, false), seed: 1n, maxTokens: 12 }));
    };
    const here = await ask({});
    expect(here).toBe(await ask({ slots: 1, length: 100, tokensPerSecond: 5000 }));
    expect(here).not.toBe(await ask({}, "hello!"));
    expect(here).not.toBe(await ask({ name: "other" }));
    expect(await ask({ name: "other", seed: "x" })).toBe(await ask({ seed: "x" }));
    expect(here).toMatchInlineSnapshot(`" carries where some by this writes from from one bird closes few"`);
  });

  test("split characters of several bytes over tokens", async () => {
    const engine = make({ length: 400 });
    const ids = await sampled(engine, { ids: engine.tokenize("hello", false), seed: 3n, maxTokens: 500 });
    const text = engine.detokenize(ids);
    const wide = Array.from(text).filter((character) => (character.codePointAt(0) ?? 0) > 127);
    expect(wide.length).toBeGreaterThan(3);
    expect(wide).not.toContain("\uFFFD");
    const cuts = ids.filter((_, at) => engine.detokenize(ids.slice(0, at)).endsWith("\uFFFD"));
    expect(cuts.length).toBeGreaterThanOrEqual(wide.length);
  });

  test("end after the asked length, also when another engine went on with them", async () => {
    const engine = make({ length: 20 });
    const ids = engine.tokenize("hello", false);
    const whole = await greedy(engine, { ids, maxTokens: 100 });
    expect(whole.at(-1)?.end).toBe(true);
    expect(whole.length).toBeGreaterThanOrEqual(21);
    const begun = whole.slice(0, 15).map(({ id }) => id);
    const rest = await greedy(make({ length: 20 }), { ids: [...ids, ...begun], maxTokens: 100 });
    expect(rest).toEqual(whole.slice(15));
  });

  test("keep to their pace", async () => {
    const clock = new StandingClock();
    const engine = make({ tokensPerSecond: 100, firstTokenMs: 250 }, { clock });
    const answer = greedy(engine, { ids: [65], maxTokens: 4 });
    expect([await clock.step(), await clock.step(), await clock.step(), await clock.step()]).toEqual([250, 10, 10, 10]);
    expect(await answer).toHaveLength(4);
  });
});

describe("scripted faults", () => {
  test("stall: nothing more until the signal", async () => {
    const engine = make({ faults: [{ kind: "stall", atToken: 3 }] });
    const abort = new AbortController();
    const answer = engine.generate({ ids: [65], maxTokens: 9, choose: (all) => all[0]?.id ?? -1 }, abort.signal);
    for (let count = 0; count < 3; count += 1) expect((await answer.next()).done).toBe(false);
    const fourth = answer.next();
    abort.abort(new Error("late"));
    await expect(fourth).rejects.toThrow("late");
  });

  test("error: only in as many answers as asked", async () => {
    const engine = make({ faults: [{ kind: "error", atToken: 2, times: 1 }] });
    await expect(greedy(engine, { ids: [65], maxTokens: 9 })).rejects.toMatchObject({ code: "task-failed" });
    expect(await greedy(engine, { ids: [65], maxTokens: 9 })).toHaveLength(9);
  });

  test("crash: calls what ends the process", async () => {
    let crashes = 0;
    const crash = (): void => {
      crashes += 1;
    };
    const engine = make({ faults: [{ kind: "crash", atToken: 0 }] }, { crash });
    await expect(greedy(engine, { ids: [65], maxTokens: 9 })).rejects.toMatchObject({ code: "task-failed" });
    expect(crashes).toBe(1);
  });

  test("slow: a tenth of the pace from there on", async () => {
    const clock = new StandingClock();
    const engine = make({ tokensPerSecond: 100, firstTokenMs: 10, faults: [{ kind: "slow", atToken: 2 }] }, { clock });
    const answer = greedy(engine, { ids: [65], maxTokens: 4 });
    expect([await clock.step(), await clock.step(), await clock.step(), await clock.step()]).toEqual([
      10, 10, 100, 100,
    ]);
    expect(await answer).toHaveLength(4);
  });
});

describe("random faults", () => {
  const broken = async (script: string, answers: number): Promise<(number | undefined)[]> => {
    const engine = createEngine({ kind: "scripted", script }, { log: createSilentLog() });
    onTestFinished(() => engine.stop());
    const places: (number | undefined)[] = [];
    for (let at = 0; at < answers; at += 1) {
      const error = await greedy(engine, { ids: [65], maxTokens: 15 }).then(() => undefined, dataOf);
      places.push(error?.tokens);
    }
    return places;
  };
  const dataOf = (error: { details: { data: { tokens: number } } }) => error.details.data;

  test("fall at a token up to the asked one, in the asked share of answers", async () => {
    const places = await broken("error@~10%50,dice=1", 100);
    const hit = places.filter((place) => place !== undefined);
    expect(hit.length).toBeGreaterThan(30);
    expect(hit.length).toBeLessThan(70);
    expect(new Set(hit)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  });

  test("fall the same way for the same dice", async () => {
    expect(await broken("error@~10%50,dice=1", 20)).toEqual(await broken("error@~10%50,dice=1", 20));
    expect(await broken("error@~10%50,dice=1", 20)).not.toEqual(await broken("error@~10%50,dice=2", 20));
  });
});

describe("a script on the command line", () => {
  const log = createSilentLog();

  test("sets name, pace, length and faults", async () => {
    const engine = createEngine({ kind: "scripted", script: "name=toy, length=8,error@5x1", slots: 2 }, { log });
    onTestFinished(() => engine.stop());
    await engine.start();
    expect(engine).toMatchObject({ slots: 2, model: { name: "toy", contextTokens: 4096 } });
    await expect(
      collect(engine, { ids: [65], maxTokens: 50, choose: (all) => all[0]?.id ?? -1 }),
    ).rejects.toMatchObject({
      details: { data: { fault: "error", tokens: 5 } },
    });
    const whole = await greedy(engine, { ids: [65], maxTokens: 50 });
    expect(whole.length).toBeLessThan(14);
  });

  test.each(["bogus", "rate=fast", "stall@", "stall@5%0", "name=", "drop@5", "flaky=50ms"])(
    "refuses %s and says what there is",
    (script) => {
      expect(() => createEngine({ kind: "scripted", script }, { log })).toThrowError(
        expect.objectContaining({ code: "option-value", message: expect.stringContaining(script) }),
      );
    },
  );
});
