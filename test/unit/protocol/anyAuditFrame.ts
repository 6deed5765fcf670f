import * as fc from "fast-check";
import type { AuditFrame, ProbeFrame } from "../../../src/protocol/auditFrames.ts";
import { anyFrameOf, anyHex } from "./anyRecord.ts";

const anyUint32 = fc.nat({ max: 0xffff_ffff });

export const anyAsked = fc.record({
  epoch: anyUint32,
  node: anyHex(20),
  validator: anyHex(20),
  nonce: anyHex(32),
  expiresAt: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
});

const anyRefuse = fc.record({
  type: fc.constant("refuse" as const),
  code: fc.string({ minLength: 1, maxLength: 20 }),
  retryable: fc.boolean(),
  message: fc.string({ maxLength: 100 }),
});

/** A valid frame of every kind, by its type. */
export const anyAuditFrameOf: {
  readonly [T in AuditFrame["type"]]: fc.Arbitrary<Extract<AuditFrame, { type: T }>>;
} = {
  sample: fc.record({
    type: fc.constant("sample" as const),
    sample: fc.tuple(anyAsked, anyHex(32), anyHex(32)).map(([asked, leaf, mailbox]) => ({ ...asked, leaf, mailbox })),
    signature: anyHex(64),
  }),
  transcript: fc
    .record({
      type: fc.constant("transcript" as const),
      leaf: anyHex(32),
      n: fc.nat({ max: 31 }),
      of: fc.integer({ min: 1, max: 32 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    })
    .filter(({ n, of }) => n < of),
  refuse: anyRefuse,
};

export const anyProbeFrameOf: {
  readonly [T in ProbeFrame["type"]]: fc.Arbitrary<Extract<ProbeFrame, { type: T }>>;
} = {
  ping: fc.record({ type: fc.constant("ping" as const), ping: anyAsked, signature: anyHex(64) }),
  pong: fc.record({ type: fc.constant("pong" as const), nonce: anyHex(32), signature: anyHex(64) }),
  order: anyFrameOf.order.map(({ type, order, signature, input, salt, params }) => ({
    type,
    order,
    signature,
    input,
    salt,
    params,
  })),
  answer: anyFrameOf.reveal.map(({ ids, receipt }) => ({ type: "answer" as const, ids: ids.slice(0, 1), receipt })),
  refuse: anyRefuse,
};
