import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import {
  CREATED,
  canTake,
  IllegalTransition,
  isOver,
  MAX_ATTEMPTS,
  next,
  type TaskEvent,
  type TaskState,
} from "../../../src/protocol/task.ts";

const assign: TaskEvent = { type: "assign", miner: "0x01" };
const acknowledge: TaskEvent = { type: "acknowledge" };
const tokens = (outputTokens: number): TaskEvent => ({ type: "tokens", outputTokens });
const lose: TaskEvent = { type: "lose", code: "peer-unreachable" };
const commit: TaskEvent = { type: "commit", finish: "stop" };
const validate: TaskEvent = { type: "validate" };
const close: TaskEvent = { type: "close" };
const fail: TaskEvent = { type: "fail", code: "timeout" };
const cancel: TaskEvent = { type: "cancel" };
const precommit: TaskEvent = { type: "precommit" };

const after = (...events: readonly TaskEvent[]): TaskState => events.reduce(next, CREATED);
const statuses = (...events: readonly TaskEvent[]) => events.map((_, i) => after(...events.slice(0, i + 1)).status);

describe("a task", () => {
  it("goes from created to closed", () => {
    const events = [assign, acknowledge, tokens(1), tokens(9), commit, validate, close];
    const path = ["assigned", "acknowledged", "running", "running", "committed", "validated", "closed"];
    expect(statuses(...events)).toEqual(path);
    expect(after(...events)).toEqual({ status: "closed", attempts: 1, outputTokens: 9, miner: "0x01", finish: "stop" });
  });

  it("is precommitted in between with redundancy", () => {
    expect(statuses(assign, acknowledge, tokens(1), precommit, commit)).toContain("precommitted");
  });

  it("is tried again after a refusal, a broken promise, or a lost connection, and keeps its tokens", () => {
    const resumed = after(assign, lose, assign, acknowledge, lose, assign, acknowledge, tokens(5), lose);
    expect(resumed).toEqual({ status: "created", attempts: 3, outputTokens: 5, code: "peer-unreachable" });
    expect(next(resumed, assign)).toMatchObject({ status: "assigned", attempts: 4 });
  });

  it("has so many attempts and no more", () => {
    const tries = Array.from({ length: MAX_ATTEMPTS }, () => [assign, lose]).flat();
    const spent = after(...tries);
    expect(canTake(spent, "assign")).toBe(false);
    expect(() => next(spent, assign)).toThrow(IllegalTransition);
    expect(next(spent, fail)).toMatchObject({ status: "failed", code: "timeout" });
  });

  it("never takes a token back", () => {
    const running = after(assign, acknowledge, tokens(5));
    expect(() => next(running, tokens(5))).toThrow(IllegalTransition);
    expect(() => next(running, tokens(4))).toThrow(IllegalTransition);
  });

  it("can be cancelled until the answer is whole", () => {
    for (const path of [[], [assign], [assign, acknowledge], [assign, acknowledge, tokens(1)]]) {
      expect(after(...path, cancel).status).toBe("cancelled");
    }
    const whole = after(assign, acknowledge, tokens(1), commit);
    expect(canTake(whole, "cancel")).toBe(false);
    expect(() => next(whole, cancel)).toThrow(IllegalTransition);
  });

  it("can fail at any time before it is over", () => {
    const path = [assign, acknowledge, tokens(1), precommit, commit, validate];
    for (let length = 0; length <= path.length; length += 1) {
      expect(after(...path.slice(0, length), fail)).toMatchObject({ status: "failed", code: "timeout" });
    }
  });

  it("says what came when it should not", () => {
    const early = () => next(CREATED, close);
    expect(early).toThrow("A task that is created cannot take the event close.");
    expect(early).toThrow(CortensorError);
    expect(early).toThrow(
      expect.objectContaining({ code: "internal", details: { data: { state: CREATED, event: close } } }),
    );
  });
});

describe("a task that is over", () => {
  const ways = [
    [assign, acknowledge, tokens(1), commit, validate, close],
    [assign, fail],
    [assign, cancel],
  ];

  it.each(ways)("takes nothing more (%#)", (...way) => {
    const over = after(...way);
    expect(isOver(over)).toBe(true);
    for (const event of [assign, acknowledge, tokens(99), lose, precommit, commit, validate, close, fail, cancel]) {
      expect(canTake(over, event.type)).toBe(false);
      expect(() => next(over, event)).toThrow(IllegalTransition);
    }
  });
});

describe("a task, whatever happens", () => {
  const event: fc.Arbitrary<TaskEvent> = fc.oneof(
    fc.constantFrom(assign, acknowledge, lose, precommit, commit, validate, close, fail, cancel),
    fc.integer({ min: 0, max: 20 }).map(tokens),
  );

  it("stays as it is once over, never loses tokens, and is whole only once somebody answered", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let state = CREATED;
        for (const one of events) {
          const before = state;
          try {
            state = next(before, one);
          } catch (error) {
            expect(error).toBeInstanceOf(IllegalTransition);
            continue;
          }
          expect(canTake(before, one.type)).toBe(true);
          expect(isOver(before)).toBe(false);
          expect(state.outputTokens).toBeGreaterThanOrEqual(before.outputTokens);
          expect(state.attempts).toBeLessThanOrEqual(MAX_ATTEMPTS);
          expect(state.finish !== undefined && state.status !== "failed").toBe(
            ["committed", "validated", "closed"].includes(state.status),
          );
        }
      }),
      { numRuns: 1000 },
    );
  });
});
