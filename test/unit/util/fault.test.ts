import { describe, expect, test } from "vitest";
import { FaultDice, parseFault, partsOf } from "../../../src/util/fault.ts";
import { seededRandom } from "../../../src/util/random.ts";

describe("a fault on the command line", () => {
  test.each([
    ["stall@20", { kind: "stall", atToken: 20 }],
    ["drop@~40", { kind: "drop", atToken: 40, anywhere: true }],
    ["crash@0%12.5", { kind: "crash", atToken: 0, percent: 12.5 }],
    ["corrupt@~40%5x3", { kind: "corrupt", atToken: 40, anywhere: true, percent: 5, times: 3 }],
  ])("%s", (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  test.each(["stall", "stall@", "stall@~0", "stall@5%0", "stall@5%101", "stall@5x", "melt@5", "stall@-1"])(
    "%s is none",
    (text) => {
      expect(parseFault(text)).toBeUndefined();
    },
  );

  test("stands between commas, with spaces or without", () => {
    expect(partsOf(" stall@1, crash@2,,")).toEqual(["stall@1", "crash@2"]);
  });
});

describe("the dice", () => {
  const throws = (spec: string, { count, seed = "a" }: { count: number; seed?: string }) => {
    const faults = partsOf(spec).flatMap((part) => parseFault(part) ?? []);
    const dice = new FaultDice(faults, seededRandom(seed));
    return Array.from({ length: count }, () => dice.throw());
  };

  test("let a fault fall where it was ordered, in as many answers as asked", () => {
    expect(throws("stall@5x2", { count: 3 })).toEqual([
      [{ kind: "stall", atToken: 5 }],
      [{ kind: "stall", atToken: 5 }],
      [],
    ]);
  });

  test("spread a random place over the whole range, both ends too", () => {
    const places = throws("drop@~4", { count: 400 }).map(([fault]) => fault?.atToken);
    expect(new Set(places)).toEqual(new Set([1, 2, 3, 4]));
    for (const place of [1, 2, 3, 4]) expect(places.filter((each) => each === place).length).toBeGreaterThan(60);
  });

  test("hit the asked share of answers", () => {
    const hit = throws("drop@3%10", { count: 5000 }).filter((faults) => faults.length > 0).length;
    expect(hit).toBeGreaterThan(400);
    expect(hit).toBeLessThan(600);
  });

  test("count an answer against `x` only when it is hit", () => {
    expect(throws("drop@3%10x5", { count: 500 }).flat()).toHaveLength(5);
  });

  test("fall the same way for the same seed, and another way for another", () => {
    const spec = "stall@~40%50,crash@~60%50";
    expect(throws(spec, { count: 30 })).toEqual(throws(spec, { count: 30 }));
    expect(throws(spec, { count: 30 })).not.toEqual(throws(spec, { count: 30, seed: "b" }));
  });
});
