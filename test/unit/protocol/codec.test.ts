import { encode as encodeWithCborg } from "cborg";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, encode } from "../../../src/protocol/codec.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

/** The same value with the keys of every record in another order. */
function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (value === null || typeof value !== "object") return value;
  const drawn = Object.entries(value).map((entry) => ({ entry, at: random() }));
  drawn.sort((a, b) => a.at - b.at);
  return Object.fromEntries(drawn.map(({ entry: [key, field] }) => [key, shuffled(field, random)]));
}

const anyKey = fc.string({ maxLength: 30 }).filter((key) => key !== "__proto__");
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(anyKey, tie("value"), { maxKeys: 6, noNullPrototype: true }),
  ),
}));

describe("encode", () => {
  it("gives equal bytes for equal records, whatever the order of their keys", () => {
    fc.assert(
      fc.property(anyValue, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (value, stream) => {
        const random = (): number => stream.next().value ?? 0;
        expect(hex(encode(shuffled(value, random)))).toBe(hex(encode(value)));
      }),
    );
  });

  it("gives the bytes that cborg gives, halves of surrogate pairs and numbers at every edge included", () => {
    const edges = [23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, 2 ** 60];
    const number = fc.oneof(
      fc.constantFrom(...edges, ...edges.map((edge) => -edge), ...edges.map((edge) => -1 - edge)),
      fc.constantFrom(0.5, 1 / 3, Math.fround(1 / 3), 1e300, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, -0),
      fc.float(),
      fc.double(),
    );
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.string(), fc.constant("\ud800x"));
    const key = fc.string({ unit: "binary", maxLength: 40 }).filter((each) => each !== "__proto__");
    const { value: any } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(number, text, fc.boolean(), fc.constant(null), fc.uint8Array({ maxLength: 300 })),
        fc.array(tie("value"), { maxLength: 30 }),
        fc.dictionary(key, tie("value"), { maxKeys: 6, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(any, (value) => {
        expect(hex(encode(value))).toBe(hex(encodeWithCborg(value)));
      }),
      { numRuns: 1000 },
    );
    const large = { text: "é".repeat(100_000), bytes: new Uint8Array(2_000_000) };
    expect(hex(encode(large))).toBe(hex(encodeWithCborg(large)));
  });

  it("gives different bytes for different values", () => {
    fc.assert(
      fc.property(anyValue, anyValue, (one, other) => {
        // 0 and -0 are one number in what is signed.
        const same = JSON.stringify(shuffled(one, () => 0)) === JSON.stringify(shuffled(other, () => 0));
        fc.pre(!same);
        if (hex(encode(one)) === hex(encode(other))) expect(decode(encode(one))).toEqual(decode(encode(other)));
        else expect(decode(encode(one))).not.toEqual(decode(encode(other)));
      }),
    );
  });

  it("comes back as it was", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const once = encode(value);
        expect(hex(encode(decode(once)))).toBe(hex(once));
      }),
    );
  });

  it("writes money as decimal text, beyond the integers that CBOR has", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (wei) => {
        expect(decode(encode({ wei }))).toEqual({ wei: wei.toString() });
        expect(hex(encode({ wei }))).toBe(hex(encode({ wei: wei.toString() })));
      }),
    );
  });

  it("leaves out fields that are undefined", () => {
    expect(hex(encode({ a: 1, b: undefined, c: { d: undefined } }))).toBe(hex(encode({ a: 1, c: {} })));
  });

  it("sorts keys by their encoded bytes, as RFC 8949 does", () => {
    expect(hex(encode({ bb: 1, a: 2, ab: 3 }))).toBe("a36161026261620362626201");
  });
});

describe("decode", () => {
  const refused = {
    "bytes after the end": "0100",
    "a key twice": "a2616101616102",
    "a number in a longer form than it needs": "1801",
    "a length in a longer form than it needs": "780161",
    "an array without a length": "9f01ff",
    "a map without a length": "bf616101ff",
    "a text without a length": "7f6161ff",
    undefined: "f7",
    "a tag": "c001",
    "a key that is no text": "a10101",
    nothing: "",
    "an array that ends early": "8201",
    "a break alone": "ff",
  };
  for (const [what, text] of Object.entries(refused))
    it(`refuses ${what}`, () => {
      expect(() => decode(bytes(text))).toThrow();
    });

  it("takes a key named __proto__ as a field like any other", () => {
    const value = decode(bytes(`a169${Buffer.from("__proto__").toString("hex")}a0`)) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__"]);
  });

  it("ends with a value or an error on any bytes, deep nesting included", () => {
    const outcome = (data: Uint8Array): unknown => {
      try {
        decode(data);
        return "value";
      } catch (error) {
        return error instanceof Error ? "error" : error;
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        expect(["value", "error"]).toContain(outcome(data));
      }),
      { numRuns: 2000 },
    );
    expect(outcome(new Uint8Array(1_000_000).fill(0x81))).toBe("error");
    expect(outcome(new Uint8Array(1_000_000).fill(0xa1))).toBe("error");
  });
});
