import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CONVICTED,
  FULL_LIVENESS,
  isLive,
  NEW_NODE,
  nextNodeState,
  type NodeState,
  OLD,
  readNodeState,
  type Seen,
  writeNodeState,
} from "../../../src/protocol/nodeState.ts";

const times = { epochSeconds: 21_600, genesis: 1_750_032_000 - 12 * 3600, since: 0 };
const NOTHING: Seen = { answered: undefined, halfClass: undefined, fails: undefined, passes: undefined };

const anyState: fc.Arbitrary<NodeState> = fc.record({
  liveness: fc.nat(FULL_LIVENESS),
  class: fc.nat(10),
  run: fc.integer({ min: -1, max: 2 }),
  streak: fc.nat(255),
  cusum: fc.nat(0xffff),
  confirmedAge: fc.nat(OLD),
});
const maybe = (of: fc.Arbitrary<number>) => fc.option(of, { nil: undefined });
const anySeen: fc.Arbitrary<Seen> = fc.record({
  answered: fc.option(fc.boolean(), { nil: undefined }),
  halfClass: maybe(fc.nat(20)),
  fails: maybe(fc.nat(15)),
  passes: maybe(fc.nat(15)),
});

/** The state after seeing this again and again, from epoch 0 on. */
function after(seen: readonly Partial<Seen>[], from: NodeState = NEW_NODE): NodeState {
  return seen.reduce<NodeState>(
    (state, each, epoch) => nextNodeState(state, { ...NOTHING, ...each }, { ...times, epoch }),
    from,
  );
}
const repeated = (count: number, seen: Partial<Seen>): Partial<Seen>[] => Array.from({ length: count }, () => seen);

test("a state is eight bytes and read as it was written, whatever is seen next", () => {
  fc.assert(
    fc.property(anyState, anySeen, fc.nat(4000), fc.nat(3), (before, seen, epoch, index) => {
      const state = nextNodeState(before, seen, { ...times, epoch });
      const bytes = new Uint8Array(32);
      writeNodeState(bytes, index, state);
      expect(readNodeState(bytes, index)).toEqual(state);
      const others = [0, 1, 2, 3].filter((other) => other !== index);
      expect(others.map((other) => readNodeState(bytes, other))).toEqual(others.map(() => NEW_NODE));
    }),
  );
});

describe("liveness", () => {
  test("is the share of answers since the beginning, later of the last seven days", () => {
    const { liveness } = after([{ answered: true }, { answered: false }, { answered: true }, { answered: true }]);
    expect(liveness / FULL_LIVENESS).toBeCloseTo(0.75, 5);
    const aged = after(repeated(200, { answered: true }));
    expect(isLive(aged.liveness, 99)).toBe(true);
    const silent = nextNodeState(aged, { ...NOTHING, answered: false }, { ...times, epoch: 200 });
    expect(silent.liveness / FULL_LIVENESS).toBeCloseTo(27 / 28, 3);
  });

  test("stays as it is while too few looked", () => {
    fc.assert(
      fc.property(anyState, fc.nat(4000), (before, epoch) => {
        const { liveness, class: of, run, cusum } = nextNodeState(before, NOTHING, { ...times, epoch });
        expect({ liveness, class: of, run, cusum }).toEqual({
          liveness: before.liveness,
          class: before.class,
          run: before.run,
          cusum: before.cusum,
        });
      }),
    );
  });
});

describe("a class", () => {
  test("rises by one after three checks in a row above it", () => {
    expect(after(repeated(2, { halfClass: 9 }))).toMatchObject({ class: 0, run: 2 });
    expect(after(repeated(3, { halfClass: 9 }))).toMatchObject({ class: 1, run: 0, confirmedAge: 0 });
    expect(after(repeated(12, { halfClass: 9 })).class).toBe(4);
    expect(after(repeated(40, { halfClass: 9 })).class).toBe(4);
    const interrupted = [...repeated(2, { halfClass: 9 }), { halfClass: 1 }, ...repeated(2, { halfClass: 9 })];
    expect(after(interrupted)).toMatchObject({ class: 0, run: 2 });
  });

  test("falls by one after two checks in a row more than half a class below it, which confirm nothing", () => {
    const four = { ...NEW_NODE, class: 4, confirmedAge: 0 };
    expect(after(repeated(5, { halfClass: 7 }), four)).toMatchObject({ class: 4, confirmedAge: 0 });
    expect(after([{ halfClass: 6 }], four)).toMatchObject({ class: 4, run: -1, confirmedAge: 1 });
    expect(after([{ halfClass: 6 }, { halfClass: 8 }, { halfClass: 6 }], four)).toMatchObject({ class: 4 });
    expect(after(repeated(2, { halfClass: 6 }), four)).toMatchObject({ class: 3, run: 0 });
  });

  test("grows old while nobody checks it", () => {
    expect(after(repeated(30, {}), { ...NEW_NODE, class: 4, confirmedAge: 0 }).confirmedAge).toBe(30);
    expect(after(repeated(300, {})).confirmedAge).toBe(OLD);
  });

  test("stays between 0 and 10", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (checks) => {
        const state = after(checks.map((halfClass) => ({ halfClass })));
        expect(state.class).toBeGreaterThanOrEqual(0);
        expect(state.class).toBeLessThanOrEqual(10);
      }),
    );
  });
});

describe("the sum over audits", () => {
  test("convicts after three fails close together, however well the node behaved before", () => {
    const good = after(repeated(100, { fails: 0, passes: 15 }));
    expect(good.cusum).toBe(0);
    expect(after([{ fails: 2, passes: 0 }], good).cusum).toBeLessThan(CONVICTED);
    expect(after([{ fails: 3, passes: 0 }], good).cusum).toBeGreaterThanOrEqual(CONVICTED);
  });

  test("forgets one fail after some 120 passes", () => {
    const failed = after([{ fails: 1, passes: 0 }]);
    expect(after(repeated(8, { fails: 0, passes: 15 }), failed).cusum).toBeGreaterThan(0);
    expect(after(repeated(9, { fails: 0, passes: 15 }), failed).cusum).toBe(0);
  });
});

test("a streak counts UTC days at 95% and loses fourteen for one below", () => {
  // Epochs begin at noon: a day ends in every fourth from the second on.
  const days = (count: number, answered: boolean, from?: NodeState) => after(repeated(4 * count, { answered }), from);
  const live = { ...NEW_NODE, liveness: FULL_LIVENESS };
  expect(days(1, true, live).streak).toBe(1);
  expect(days(20, true, live).streak).toBe(20);
  expect(days(300, true, live).streak).toBe(255);
  expect(days(1, false, { ...live, streak: 20 }).streak).toBe(6);
  expect(days(2, false, { ...live, streak: 20 }).streak).toBe(0);
});
