import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ceilingOf, feeOf, promptPaid, promptTokensCeiling } from "../../../src/protocol/price.ts";
import { FINISH } from "../../../src/protocol/records.ts";
import { anyInput } from "./anyRecord.ts";

const anyPrice = fc.bigInt({ min: 0n, max: 2n ** 64n });
const anyCount = fc.nat({ max: 1_048_576 });

const anyPriced = fc.record({ promptTokens: anyCount, promptPrice: anyPrice, outputPrice: anyPrice });

describe("the fee of an attempt", () => {
  it("is exact: attempts that share an answer cost together what one would", () => {
    fc.assert(
      fc.property(anyPriced, anyCount, anyCount, (priced, first, second) => {
        const apart =
          feeOf({ ...priced, outputTokens: first, promptPaid: false }) +
          feeOf({ ...priced, outputTokens: second, promptPaid: true });
        expect(apart).toBe(feeOf({ ...priced, outputTokens: first + second, promptPaid: true }));
      }),
    );
  });

  it("never falls while a receipt grows, nor when it ends", () => {
    fc.assert(
      fc.property(anyPriced, anyCount, (priced, outputTokens) => {
        const now = feeOf({ ...priced, outputTokens, promptPaid: false });
        const more = feeOf({ ...priced, outputTokens: outputTokens + 1, promptPaid: false });
        expect(more).toBe(now + priced.outputPrice);
        expect(feeOf({ ...priced, outputTokens, promptPaid: true }) >= now).toBe(true);
      }),
    );
  });

  it("has the prompt in it once the answer is whole or the client left, and not while it grows or after an error", () => {
    const paid = Object.entries(FINISH).filter(([, code]) => promptPaid(code));
    expect(paid.map(([name]) => name)).toEqual(["stop", "length", "tool_calls", "cancelled"]);
  });
});

describe("the quote", () => {
  it("is never below what any answer within it costs", () => {
    fc.assert(
      fc.property(
        fc.record({ input: anyInput, maxTokens: anyCount, promptPrice: anyPrice, outputPrice: anyPrice }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (asked, share) => {
          const promptTokens = Math.floor(promptTokensCeiling(asked.input) * share);
          const outputTokens = Math.floor(asked.maxTokens * share);
          const fee = feeOf({ ...asked, promptTokens, outputTokens, promptPaid: true });
          expect(fee <= ceilingOf(asked)).toBe(true);
        },
      ),
    );
  });

  it("counts a token per UTF-8 byte and 32 per message", () => {
    const one = { kind: "messages", messages: [{ role: "user", content: "é😀" }] } as const;
    const two = { kind: "messages", messages: [...one.messages, { role: "user", content: "", name: "ab" }] } as const;
    expect(promptTokensCeiling(two) - promptTokensCeiling(one)).toBe(4 + 2 + 32);
    const ascii = { kind: "messages", messages: [{ role: "user", content: "abcdef" }] } as const;
    expect(promptTokensCeiling(one)).toBe(promptTokensCeiling(ascii));
    expect(promptTokensCeiling(one)).toBeGreaterThanOrEqual(4 + 6 + 32);
    expect(promptTokensCeiling({ kind: "text", text: "é😀" })).toBeGreaterThanOrEqual(6);
  });
});
