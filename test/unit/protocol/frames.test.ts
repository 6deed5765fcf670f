import { encode as encodeCbor } from "cborg";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { decode, encode } from "../../../src/protocol/codec.ts";
import { decodeFrame, encodeFrame, type Frame, helloBody } from "../../../src/protocol/frames.ts";
import { anyFrame, anyFrameOf, anyHello } from "./anyRecord.ts";
import { changesOf } from "./changes.ts";

const orderId = `0x${"0f".repeat(16)}` as const;
const tokens = { type: "tokens", orderId, from: 0, ids: [1, 2], text: "" } as const;

/** What became of some bytes: a frame, or the code of the error. Any other exception fails the test. */
function outcomeOf(bytes: Uint8Array): string {
  try {
    decodeFrame(bytes);
    return "frame";
  } catch (error) {
    if (error instanceof CortensorError) return error.code;
    throw error;
  }
}

function errorOf(bytes: Uint8Array): CortensorError {
  try {
    decodeFrame(bytes);
  } catch (error) {
    if (error instanceof CortensorError) return error;
    throw error;
  }
  throw new Error("the frame was taken");
}

describe("a frame", () => {
  for (const [type, anyOfType] of Object.entries(anyFrameOf))
    it(`of type ${type} arrives as it was sent`, () => {
      fc.assert(
        fc.property(anyOfType as fc.Arbitrary<Frame>, (frame) => {
          expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
        }),
      );
    });

  it("is one of fourteen types", () => {
    expect(Object.keys(anyFrameOf)).toHaveLength(14);
    expect(outcomeOf(encode({ type: "ping" }))).toBe("peer-protocol");
    expect(outcomeOf(encode({ type: "constructor" }))).toBe("peer-protocol");
  });

  it("carries amounts beyond 2^64, to the unit", () => {
    const cumulative = 2n ** 96n - 1n;
    fc.assert(
      fc.property(anyFrameOf.pay, (frame) => {
        const { session, signature } = { session: frame.session, signature: frame.voucher.signature };
        const sent = {
          type: "pay",
          session,
          voucher: { record: { session: `0x${"00".repeat(32)}`, cumulative }, signature },
        } as const;
        const got = decodeFrame(encodeFrame(sent));
        expect(got.type === "pay" && got.voucher.record.cumulative).toBe(cumulative);
        const above = {
          ...sent,
          voucher: { ...sent.voucher, record: { ...sent.voucher.record, cumulative: cumulative + 1n } },
        };
        expect(outcomeOf(encodeFrame(above))).toBe("peer-protocol");
      }),
      { numRuns: 5 },
    );
  });

  it("has its sentence cut to what the other side takes, so that a long reason does not end the line", () => {
    const long = `${"x".repeat(1023)}😀${"y".repeat(100_000)}`;
    for (const type of ["refuse", "fail"] as const) {
      const got = decodeFrame(encodeFrame({ type, orderId, code: "busy", retryable: true, message: long }));
      expect(got).toMatchObject({ message: `${"x".repeat(1023)}\uFFFD` });
    }
  });
});

describe("a stranger's bytes", () => {
  it("are a frame or a broken protocol, and nothing else: random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(outcomeOf(bytes)).toBe("peer-protocol");
      }),
      { numRuns: 2000 },
    );
  });

  it("are a frame or a broken protocol, and nothing else: frames with bytes changed, dropped and repeated", () => {
    const anyEdit = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      drop: fc.nat({ max: 3 }),
      insert: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(anyFrame, fc.array(anyEdit, { minLength: 1, maxLength: 4 }), (frame, edits) => {
        let bytes = [...encodeFrame(frame)];
        for (const { at, drop, insert } of edits)
          bytes = bytes.toSpliced(Math.floor(at * bytes.length), drop, ...insert);
        expect(["frame", "peer-protocol"]).toContain(outcomeOf(Uint8Array.from(bytes)));
      }),
      { numRuns: 2000 },
    );
  });

  it("are a frame or a broken protocol, and nothing else: frames cut anywhere", () => {
    fc.assert(
      fc.property(anyFrame, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (frame, at) => {
        const bytes = encodeFrame(frame);
        expect(outcomeOf(bytes.subarray(0, Math.floor(at * bytes.length)))).toBe("peer-protocol");
      }),
      { numRuns: 500 },
    );
  });

  it("may hold any CBOR value anywhere in a frame", () => {
    const odd = [
      null,
      true,
      -1,
      1.5,
      Infinity,
      NaN,
      -0,
      2 ** 53,
      2n ** 60n,
      "",
      "x",
      [],
      {},
      new Uint8Array(3),
      undefined,
    ];
    fc.assert(
      fc.property(anyFrame, fc.nat(), fc.constantFrom(...odd), (frame, pick, value) => {
        const plain = decode(encodeFrame(frame)) as object;
        const places = placesOf(plain);
        const place = places[pick % places.length] ?? [];
        expect(["frame", "peer-protocol"]).toContain(outcomeOf(encodeCbor(replaced(plain, place, value))));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a frame that breaks a rule", () => {
  const refused: Record<string, unknown> = {
    "no record": 1,
    "an unknown field": { ...tokens, extra: 1 },
    "a field named __proto__": JSON.parse(`{"type":"drain","inMs":1,"__proto__":{"a":1}}`),
    "an unknown field within": { ...tokens, receipt: { record: {}, signature: "", extra: 1 } },
    "a missing field": { type: "tokens", orderId, from: 0, ids: [] },
    "upper-case hex": { ...tokens, orderId: orderId.replaceAll("f", "F") },
    "hex of another length": { ...tokens, orderId: `${orderId}00` },
    "a negative count": { ...tokens, from: -1 },
    "a fraction": { ...tokens, from: 0.5 },
    "a count above 2^32 - 1": { ...tokens, from: 2 ** 32 },
    "a token id above 2^32 - 1": { ...tokens, ids: [2 ** 32] },
    "a token id that is a text": { ...tokens, ids: ["1"] },
    "65,537 token ids": { ...tokens, ids: Array.from({ length: 65_537 }, () => 1) },
    "262,145 characters": { ...tokens, text: "x".repeat(262_145) },
    "a reason to finish that does not exist": { ...tokens, finish: "growing" },
    "a logprob that is not finite": { ...tokens, logprobs: [Number.NEGATIVE_INFINITY] },
    "a sentence of 1,025 characters": {
      type: "fail",
      orderId,
      code: "busy",
      retryable: true,
      message: "x".repeat(1025),
    },
    "a reason to cancel that does not exist": { type: "cancel", orderId, reason: "whim" },
  };
  for (const [what, frame] of Object.entries(refused))
    it(`is refused: ${what}`, () => {
      expect(outcomeOf(encodeCbor(frame))).toBe("peer-protocol");
    });

  it("is refused: messages beyond 1,024, none, and a million of nothing", () => {
    fc.assert(
      fc.property(anyFrameOf.order, (frame) => {
        const withMessages = (messages: unknown[]): Uint8Array =>
          encode({ ...frame, input: { kind: "messages", messages } });
        const message = { role: "user", content: "" };
        const some = (count: number): unknown[] => Array.from({ length: count }, () => message);
        expect(outcomeOf(withMessages(some(1024)))).toBe("frame");
        expect(outcomeOf(withMessages(some(1025)))).toBe("peer-protocol");
        expect(outcomeOf(withMessages([]))).toBe("peer-protocol");
        expect(outcomeOf(withMessages(Array.from({ length: 900_000 }, () => 0)))).toBe("peer-protocol");
      }),
      { numRuns: 2 },
    );
  });

  it("is refused when -0, half a surrogate pair or a zero in front would hash like another value", () => {
    const drain = [...encode({ type: "drain", inMs: 0 })];
    const number = Buffer.from(drain).indexOf("inMs") + 4;
    expect(outcomeOf(Uint8Array.from(drain.toSpliced(number, 1, 0x01)))).toBe("frame");
    expect(outcomeOf(Uint8Array.from(drain.toSpliced(number, 1, 0xf9, 0x80, 0x00)))).toBe("peer-protocol");
    const surrogate = encode({ ...tokens, text: "???" });
    surrogate.set([0xed, 0xa0, 0x80], Buffer.from(surrogate).indexOf("???"));
    expect(decodeFrame(surrogate)).toEqual({ ...tokens, text: "\uFFFD".repeat(3) });
    fc.assert(
      fc.property(anyFrameOf.pay, (frame) => {
        const { record, signature } = frame.voucher;
        const voucher = { record: { ...record, cumulative: `0${record.cumulative}` }, signature };
        expect(outcomeOf(encode({ ...frame, voucher }))).toBe("peer-protocol");
      }),
      { numRuns: 5 },
    );
  });

  it("names the field, and repeats nothing that a stranger wrote into our log", () => {
    const wrong = errorOf(encodeCbor({ ...tokens, ids: ["x"] }));
    expect(wrong.message).toBe("a frame does not fit the protocol: ids");
    const secret = "A".repeat(100_000);
    for (const frame of [{ ...tokens, [secret]: 1 }, { ...tokens, orderId: secret }, { type: secret }]) {
      const error = errorOf(encodeCbor(frame));
      expect(error.cause).toBeUndefined();
      expect(JSON.stringify([error.message, error.details])).not.toContain("AAAA");
    }
    const field = [...encodeCbor(secret), 1];
    const twice = errorOf(Uint8Array.from([0xa2, ...field, ...field]));
    expect(JSON.stringify([twice.message, twice.details])).not.toContain("AAAA");
  });
});

describe("what a hello is signed over", () => {
  it("covers every field of it", () => {
    fc.assert(
      fc.property(anyHello, (hello) => {
        const body = helloBody(hello);
        const received = decodeFrame(encodeFrame({ type: "hello", hello, signature: `0x${"00".repeat(64)}` }));
        expect(received.type === "hello" && helloBody(received.hello)).toEqual(body);
        for (const { value } of changesOf(decode(encode(hello)))) {
          const frame = encode({ type: "hello", hello: value, signature: `0x${"00".repeat(64)}` });
          // Some changes, such as of 0 to -0, do not survive encoding.
          if (outcomeOf(frame) !== "frame" || Buffer.compare(encode(value), encode(hello)) === 0) continue;
          const changed = decodeFrame(frame);
          expect(changed.type === "hello" && helloBody(changed.hello)).not.toEqual(body);
        }
      }),
      { numRuns: 10 },
    );
  });
});

/** Paths of all values within a value, itself first. */
function placesOf(value: unknown): readonly (readonly string[])[] {
  if (value === null || typeof value !== "object") return [[]];
  return [[], ...Object.entries(value).flatMap(([key, field]) => placesOf(field).map((rest) => [key, ...rest]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const field = replaced((value as Record<string, unknown>)[key], rest, by);
  return Array.isArray(value) ? value.with(Number(key), field) : { ...(value as object), [key]: field };
}
