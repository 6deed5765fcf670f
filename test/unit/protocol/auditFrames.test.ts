import { encode as encodeCbor } from "cborg";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { createSigner, newPrivateKey, recover } from "../../../src/keys/index.ts";
import {
  type Asked,
  askedMessage,
  type AuditFrame,
  decodeAudit,
  decodeProbe,
  encodeAsked,
  MAX_PARTS,
  PART_BYTES,
  type ProbeFrame,
  transcriptFrames,
  wrongAsked,
} from "../../../src/protocol/auditFrames.ts";
import { decode, encode } from "../../../src/protocol/codec.ts";
import { digest, messageHash } from "../../../src/protocol/eip712.ts";
import { concatBytes } from "../../../src/util/hex.ts";
import { anyAsked, anyAuditFrameOf, anyProbeFrameOf } from "./anyAuditFrame.ts";
import { changesOf } from "./changes.ts";

const kinds = [
  { name: "audit", read: decodeAudit, frames: anyAuditFrameOf },
  { name: "probe", read: decodeProbe, frames: anyProbeFrameOf },
] as const;

function outcomeOf(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string {
  try {
    read(bytes);
    return "frame";
  } catch (error) {
    if (error instanceof CortensorError) return error.code;
    throw error;
  }
}

for (const { name, read, frames } of kinds)
  describe(`a frame on an ${name} stream`, () => {
    const anyFrame = fc.oneof(...Object.values(frames as Record<string, fc.Arbitrary<AuditFrame | ProbeFrame>>));

    for (const [type, anyOfType] of Object.entries(frames))
      it(`of type ${type} arrives as it was sent`, () => {
        fc.assert(
          fc.property(anyOfType as fc.Arbitrary<AuditFrame | ProbeFrame>, (frame) => {
            expect(read(encodeAsked(frame))).toEqual(frame);
          }),
        );
      });

    it("is a frame or a broken protocol, and nothing else: random bytes, changed, dropped and repeated ones, cut ones", () => {
      const anyEdit = fc.record({
        at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        drop: fc.nat({ max: 3 }),
        insert: fc.uint8Array({ maxLength: 3 }),
      });
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
          expect(outcomeOf(read, bytes)).toBe("peer-protocol");
        }),
      );
      fc.assert(
        fc.property(anyFrame, fc.array(anyEdit, { minLength: 1, maxLength: 4 }), (frame, edits) => {
          let bytes = [...encodeAsked(frame)];
          for (const { at, drop, insert } of edits)
            bytes = bytes.toSpliced(Math.floor(at * bytes.length), drop, ...insert);
          expect(["frame", "peer-protocol"]).toContain(outcomeOf(read, Uint8Array.from(bytes)));
        }),
        { numRuns: 1000 },
      );
      fc.assert(
        fc.property(anyFrame, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (frame, at) => {
          const bytes = encodeAsked(frame);
          expect(outcomeOf(read, bytes.subarray(0, Math.floor(at * bytes.length)))).toBe("peer-protocol");
        }),
      );
    });

    it("repeats nothing that a stranger wrote into our log", () => {
      const secret = "A".repeat(1000);
      for (const frame of [
        { type: secret },
        { type: "refuse", [secret]: 1 },
        { type: "refuse", code: 1, message: secret },
      ])
        try {
          read(encodeCbor(frame));
          expect.unreachable();
        } catch (error) {
          expect(JSON.stringify([(error as CortensorError).message, (error as CortensorError).details])).not.toContain(
            "AAAA",
          );
        }
    });
  });

describe("an answer to a validator", () => {
  const leaf = `0x${"5a".repeat(32)}` as const;

  it("that is no part of a transcript is refused", () => {
    const part = { type: "transcript", leaf, n: 0, of: 1, bytes: Uint8Array.of(1) };
    expect(outcomeOf(decodeAudit, encode(part))).toBe("frame");
    for (const change of [
      { n: 1 },
      { of: 0 },
      { of: MAX_PARTS + 1 },
      { n: MAX_PARTS, of: MAX_PARTS },
      { bytes: new Uint8Array() },
      { bytes: new Uint8Array(PART_BYTES + 1) },
      { bytes: "0x00" },
      { leaf: "0x00" },
    ])
      expect(outcomeOf(decodeAudit, encode({ ...part, ...change }))).toBe("peer-protocol");
  });

  it("that is long comes in parts that make it up", () => {
    const bytes = Uint8Array.from({ length: PART_BYTES * 2 + 1 }, (_, at) => at % 251);
    const frames = transcriptFrames(leaf, bytes).map((frame) => decodeAudit(encodeAsked(frame)));
    expect(frames.map((frame) => frame.type === "transcript" && [frame.n, frame.of])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
    const parts = frames.flatMap((frame) => (frame.type === "transcript" ? [frame.bytes] : []));
    expect(Buffer.compare(concatBytes(...parts), bytes)).toBe(0);
    expect(() => transcriptFrames(leaf, new Uint8Array(PART_BYTES * MAX_PARTS + 1))).toThrow("too long");
  });

  it("has its sentence cut to what the other side takes", () => {
    const refusal = { type: "refuse", code: "busy", retryable: true, message: "x".repeat(5000) } as const;
    expect(decodeAudit(encodeAsked(refusal))).toEqual({ ...refusal, message: "x".repeat(1024) });
  });
});

describe("a validator's question", () => {
  const domain = { chainId: 31_337, runtime: `0x${"c0".repeat(20)}` } as const;
  const checks = { domain, recover, now: 1000, lifetimeSeconds: 600 };
  const validator = createSigner(newPrivateKey());
  const sign = (asked: Asked, kind: "ping" | "sample") =>
    validator.sign(digest(domain, messageHash(askedMessage(kind, asked))));

  it("is good for one node, one epoch, one leaf and one kind, and for a while", () => {
    fc.assert(
      fc.property(anyAsked, fc.constantFrom("ping" as const, "sample" as const), (any, kind) => {
        const asked: Asked = { ...any, validator: validator.address, expiresAt: 1500 };
        const signature = sign(asked, kind);
        expect(wrongAsked({ kind, asked, signature }, checks)).toBeUndefined();
        const other = kind === "ping" ? "sample" : "ping";
        expect(wrongAsked({ kind: other, asked, signature }, checks)).toBeDefined();
        expect(wrongAsked({ kind, asked, signature }, { ...checks, now: 1501 })).toContain("expires");
        expect(wrongAsked({ kind, asked, signature }, { ...checks, now: 839 })).toContain("expires");
        expect(wrongAsked({ kind, asked, signature }, { ...checks, domain: { ...domain, chainId: 1 } })).toBeDefined();
        for (const { value } of changesOf(decode(encode(asked)))) {
          const frame = encode({ type: "ping", ping: value, signature });
          // Some changes do not survive encoding, others are no frame.
          if (outcomeOf(decodeProbe, frame) !== "frame" || Buffer.compare(encode(value), encode(asked)) === 0) continue;
          const read = decodeProbe(frame);
          expect(read.type === "ping" && wrongAsked({ kind, asked: read.ping, signature }, checks)).toBeTruthy();
        }
      }),
      { numRuns: 5 },
    );
  });
});
