import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, concatBytes, hexOf } from "../../../src/util/hex.ts";
import type { Hex } from "../../../src/util/types.ts";

const anyBytes = fc.uint8Array({ maxLength: 100 });

describe("hexadecimal text", () => {
  it("goes both ways", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(hexOf(bytes)).toMatch(/^0x([0-9a-f]{2})*$/);
        expect(bytesOf(hexOf(bytes))).toEqual(bytes);
        expect(bytesOf(`0x${hexOf(bytes).slice(2).toUpperCase()}`)).toEqual(bytes);
      }),
    );
  });

  it("is of the bytes in view, not of the memory under them", () => {
    expect(hexOf(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))).toBe("0x0203");
    const read = bytesOf("0x0102");
    expect(read.buffer.byteLength).toBe(2);
  });

  it("is nothing else", () => {
    for (const text of ["", "0x0", "0xg0", "0x0g", "00", "0x00 ", "0x 00", "0x0x00", "X".repeat(200)])
      expect(() => bytesOf(text as Hex), text).toThrow("not hexadecimal");
  });
});

describe("concatBytes", () => {
  it("puts parts one after the other", () => {
    fc.assert(
      fc.property(fc.array(anyBytes, { maxLength: 6 }), (parts) => {
        expect([...concatBytes(...parts)]).toEqual(parts.flatMap((part) => [...part]));
      }),
    );
  });
});
