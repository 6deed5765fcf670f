import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SlotQueue } from "../../../src/engine/slotQueue.ts";

const NEVER = new AbortController().signal;

test("no slot is given twice, and those who wait are served in order, whatever happens in between", async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant("take" as const) },
    { weight: 2, arbitrary: fc.constant("release" as const) },
    { weight: 1, arbitrary: fc.constant("leave" as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), async (slots, steps) => {
      const queue = new SlotQueue(slots);
      const held: number[] = [];
      const served: number[] = [];
      const waiting = new Map<number, AbortController>();
      const left = new Set<number>();
      let asked = 0;
      const ask = (): void => {
        const turn = asked;
        asked += 1;
        const abort = new AbortController();
        waiting.set(turn, abort);
        void queue.take(abort.signal).then(
          (slot) => {
            waiting.delete(turn);
            expect(held).not.toContain(slot);
            held.push(slot);
            served.push(turn);
          },
          () => left.add(turn),
        );
      };
      for (const what of steps) {
        const [turn, abort] = waiting.entries().next().value ?? [];
        const slot = held.at(-1);
        if (what === "take") ask();
        else if (what === "release" && slot !== undefined) {
          held.pop();
          queue.release(slot);
        } else if (what === "leave" && turn !== undefined) {
          waiting.delete(turn);
          abort?.abort();
        }
        await new Promise((resolve) => setImmediate(resolve));
        expect(held.length).toBeLessThanOrEqual(slots);
        expect(waiting.size === 0 || held.length === slots).toBe(true);
      }
      expect(served).toEqual(served.toSorted((a, b) => a - b));
      expect(served.length + left.size + waiting.size).toBe(asked);
    }),
    { numRuns: 50 },
  );
});

test("a slot that is given back twice is free once", async () => {
  const queue = new SlotQueue(1);
  const slot = await queue.take(NEVER);
  queue.release(slot);
  queue.release(slot);
  await queue.take(NEVER);
  const abort = new AbortController();
  const second = queue.take(abort.signal);
  abort.abort(new Error("none came"));
  await expect(second).rejects.toThrow("none came");
});

test("who takes says which of the free slots is best", async () => {
  const queue = new SlotQueue(3);
  expect(await queue.take(NEVER, (free) => Math.max(...free))).toBe(2);
  expect(await queue.take(NEVER, () => 2)).toBe(0);
});

test("a closed queue refuses those who wait and those who come", async () => {
  const queue = new SlotQueue(1);
  await queue.take(NEVER);
  const waiting = queue.take(NEVER);
  queue.close();
  await expect(waiting).rejects.toMatchObject({ code: "interrupted" });
  await expect(queue.take(NEVER)).rejects.toMatchObject({ code: "interrupted" });
});
