import { array, assert, nat, property, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { FrameReader, joinFrames, LENGTH_BYTES, MAX_FRAME_BYTES } from "../../../src/p2p/wire.ts";

const frames = array(uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 });

test("frames come back whole and in order, however the bytes are cut", () => {
  assert(
    property(frames, array(nat({ max: 40 }), { minLength: 1, maxLength: 20 }), (sent, cuts) => {
      const reader = new FrameReader();
      const line = joinFrames(sent);
      const got: Uint8Array[] = [];
      let at = 0;
      for (let i = 0; at < line.byteLength; i += 1) {
        const size = (cuts[i % cuts.length] ?? 0) + (i % cuts.length === 0 ? 1 : 0);
        got.push(...reader.push(line.subarray(at, at + size)));
        at += size;
      }
      expect(got.map((frame) => [...frame])).toEqual(sent.map((frame) => [...frame]));
    }),
  );
});

test("a length of 0 or above the limit is refused as soon as it is read", () => {
  for (const length of [0, MAX_FRAME_BYTES + 1, 0xffffffff]) {
    const header = new Uint8Array(LENGTH_BYTES);
    new DataView(header.buffer).setUint32(0, length);
    const reader = new FrameReader();
    expect(reader.push(header.subarray(0, 3))).toEqual([]);
    expect(() => reader.push(header.subarray(3))).toThrow(
      expect.objectContaining({
        code: "peer-protocol",
        details: { data: { frameBytes: length, limitBytes: MAX_FRAME_BYTES } },
      }),
    );
  }
});

test("the largest frame passes in pieces", () => {
  const reader = new FrameReader();
  const line = joinFrames([new Uint8Array(MAX_FRAME_BYTES).fill(7)]);
  const got: Uint8Array[] = [];
  for (let at = 0; at < line.byteLength; at += 65_536) got.push(...reader.push(line.subarray(at, at + 65_536)));
  expect(got.map((frame) => frame.byteLength)).toEqual([MAX_FRAME_BYTES]);
});
