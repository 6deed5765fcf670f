import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstSlotLimit, nextSlotLimit } from "../../../src/protocol/slotLimit.ts";

describe("the limit of orders at once", () => {
  it("grows by one after as many smooth orders as it is", () => {
    let slots = firstSlotLimit(4);
    const limits: number[] = [];
    for (let order = 0; order < 8; order += 1) limits.push((slots = nextSlotLimit(slots, "smooth")).limit);
    expect(limits).toEqual([2, 2, 3, 3, 3, 4, 4, 4]);
  });

  it("is halved when it was too much", () => {
    const slots = { limit: 7, most: 8, smooth: 5 };
    expect(nextSlotLimit(slots, "tooMuch")).toEqual({ limit: 3, most: 8, smooth: 0 });
  });

  it("stays between one and what was announced", () => {
    fc.assert(
      fc.property(fc.nat(16), fc.array(fc.constantFrom("smooth" as const, "tooMuch" as const)), (announced, orders) => {
        let slots = firstSlotLimit(announced);
        for (const order of orders) {
          slots = nextSlotLimit(slots, order);
          expect(slots.limit).toBeGreaterThanOrEqual(1);
          expect(slots.limit).toBeLessThanOrEqual(Math.max(1, announced));
        }
      }),
    );
  });
});
