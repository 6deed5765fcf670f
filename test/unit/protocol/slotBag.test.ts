import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlotBag } from "../../../src/protocol/slotBag.ts";

describe("SlotBag", () => {
  it("holds an entry for each free slot, whatever is added and taken", () => {
    const step = fc.tuple(fc.constantFrom("add", "take", "set"), fc.nat(4), fc.nat(5));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bag = new SlotBag<number>();
        const model = [0, 0, 0, 0, 0];
        for (const [kind, item, count] of steps) {
          const had = model[item] ?? 0;
          if (kind === "take") expect(bag.take(item)).toBe(had > 0);
          if (kind === "add") bag.add(item);
          if (kind === "set") bag.setFree(item, count);
          model[item] = { add: had + 1, take: Math.max(0, had - 1), set: count }[kind] ?? 0;
          const entries = Array.from({ length: bag.size }, (_, index) => bag.at(index));
          expect(model.map((_, one) => entries.filter((entry) => entry === one).length)).toEqual(model);
          expect(model.map((_, one) => bag.free(one))).toEqual(model);
          expect(bag.holders).toBe(model.filter((free) => free > 0).length);
        }
      }),
    );
  });
});
