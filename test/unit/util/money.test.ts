import { formatUnits, parseUnits } from "ethers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corPerMillion, formatCor, parseCor, weiOfCor, weiPerToken } from "../../../src/util/money.ts";

const anyWei = fc.bigInt({ min: 0n, max: 10n ** 30n - 1n });

describe("an amount as text", () => {
  it("is exact, both ways", () => {
    fc.assert(
      fc.property(anyWei, (wei) => {
        expect(parseCor(formatCor(wei))).toBe(wei);
        expect(parseCor(formatUnits(wei, 18))).toBe(wei);
        expect(parseUnits(formatCor(wei), 18)).toBe(wei);
      }),
    );
  });

  it("has no zeros that say nothing", () => {
    const one = 10n ** 18n;
    expect([0n, 1n, one, 10n * one, 100n * one, (3n * one) / 2n].map((wei) => formatCor(wei))).toEqual([
      "0",
      "0.000000000000000001",
      "1",
      "10",
      "100",
      "1.5",
    ]);
    expect(formatCor(-one / 2n)).toBe("-0.5");
  });

  it("is read from plain decimals only", () => {
    for (const text of [
      "",
      "-1",
      "+1",
      "1.",
      ".5",
      "1e3",
      "1,000",
      "0x10",
      "1 000",
      "1.5.2",
      "one",
      "∞",
      "1.0000000000000000001",
    ])
      expect(parseCor(text), text).toBeUndefined();
    expect(parseCor(" 1.50 ")).toBe((3n * 10n ** 18n) / 2n);
    expect(parseCor("007")).toBe(7n * 10n ** 18n);
  });
});

describe("an amount for people", () => {
  it("has two decimals from 1 COR on and four below, thousands apart", () => {
    const shown = (text: string): string => formatCor(parseCor(text) ?? -1n, "balance");
    expect(["0", "0.00019", "0.99999", "1", "1.009", "999.999", "1000", "1234567.891"].map(shown)).toEqual([
      "0.0000",
      "0.0001",
      "0.9999",
      "1.00",
      "1.00",
      "999.99",
      "1,000.00",
      "1,234,567.89",
    ]);
  });

  it("has five decimals for one answer", () => {
    expect(formatCor(parseCor("0.000019") ?? -1n, "answer")).toBe("0.00001");
    expect(formatCor(parseCor("12.3456789") ?? -1n, "answer")).toBe("12.34567");
  });

  it("is cut and never rounded up: what is shown is there", () => {
    fc.assert(
      fc.property(anyWei, fc.constantFrom("balance" as const, "answer" as const), (wei, style) => {
        const shown = parseCor(formatCor(wei, style).replaceAll(",", "")) ?? -1n;
        expect(shown <= wei).toBe(true);
        expect(wei - shown < 10n ** 16n).toBe(true);
      }),
    );
  });
});

describe("a price", () => {
  it("per million tokens is a whole number of wei per token", () => {
    expect(weiPerToken(1)).toBe(10n ** 12n);
    expect(weiPerToken(0.5)).toBe(5n * 10n ** 11n);
    expect(weiPerToken(0)).toBe(0n);
    expect(weiOfCor(0.000_000_001)).toBe(10n ** 9n);
  });

  it("comes back as it was set", () => {
    const anyPrice = fc.integer({ min: 0, max: 1_000_000_000 }).map((steps) => steps / 1e6);
    fc.assert(
      fc.property(anyPrice, (price) => {
        expect(corPerMillion(weiPerToken(price))).toBeCloseTo(price, 9);
      }),
    );
  });
});
