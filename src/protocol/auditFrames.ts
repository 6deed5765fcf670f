import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Address, Hex } from "../util/types.ts";
import { decode, encode } from "./codec.ts";
import { digest, messageHash } from "./eip712.ts";
import { keccak } from "./hash.ts";
import type { Domain, Message } from "./records.ts";
import {
  addressSchema,
  hashSchema,
  idsSchema,
  inputSchema,
  orderSchema,
  paramsSchema,
  receiptSchema,
  signatureSchema,
  textSchema,
  uint32Schema,
  uint53Schema,
  uintSchema,
} from "./schemas.ts";

/** Bytes of a transcript in one frame, and frames of one transcript: more than any order can hold. */
export const PART_BYTES = 524_288;
export const MAX_PARTS = 32;
const MAX_SENTENCE = 1024;

const askedSchema = z.strictObject({
  epoch: uint32Schema,
  /** Who is asked: a router, or a miner behind it. */
  node: addressSchema,
  validator: addressSchema,
  nonce: hashSchema,
  /** Block time in seconds. */
  expiresAt: uint53Schema,
});
const sampleSchema = z.strictObject({
  ...askedSchema.shape,
  leaf: hashSchema,
  /** X25519 key of the validator's mailbox: what is shown is not for the router that passes it on. */
  mailbox: hashSchema,
});

/** What every question of a validator says: which node is asked, and until when. */
export type Asked = Readonly<z.infer<typeof askedSchema>>;
/** Asks for the transcript of a drawn leaf. */
export type Sample = Readonly<z.infer<typeof sampleSchema>>;

const refuseSchema = z.strictObject({
  type: z.literal("refuse"),
  code: textSchema({ min: 1, max: 64 }),
  retryable: z.boolean(),
  message: textSchema({ max: MAX_SENTENCE }),
});

const bytesSchema = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.length > 0 && value.length <= PART_BYTES,
);

const auditSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("sample"), sample: sampleSchema, signature: signatureSchema }),
  // Part n of `of` of a transcript that is sealed to the sample's mailbox: it may be larger than a frame.
  z
    .strictObject({
      type: z.literal("transcript"),
      leaf: hashSchema,
      n: uintSchema(MAX_PARTS - 1),
      of: uintSchema(MAX_PARTS),
      bytes: bytesSchema,
    })
    .refine(({ n, of }) => n < of),
  refuseSchema,
]);

const probeSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ping"), ping: askedSchema, signature: signatureSchema }),
  z.strictObject({ type: z.literal("pong"), nonce: hashSchema, signature: signatureSchema }),
  // The order of level 1: one token, signed by the validator in the place of a router.
  z.strictObject({
    type: z.literal("order"),
    order: orderSchema,
    signature: signatureSchema,
    input: inputSchema,
    salt: hashSchema,
    params: paramsSchema,
  }),
  z.strictObject({
    type: z.literal("answer"),
    ids: idsSchema(1),
    receipt: z.strictObject({ record: receiptSchema, signature: signatureSchema }),
  }),
  refuseSchema,
]);

/** One message on an audit stream. */
export type AuditFrame = z.infer<typeof auditSchema>;
/** One message on a probe stream. */
export type ProbeFrame = z.infer<typeof probeSchema>;
export type RefuseFrame = z.infer<typeof refuseSchema>;

/** The bytes of a frame. A sentence that is longer than the other side takes is cut. */
export function encodeAsked(frame: AuditFrame | ProbeFrame): Uint8Array {
  return encode(frame.type === "refuse" ? { ...frame, message: frame.message.slice(0, MAX_SENTENCE) } : frame);
}

/** Throws `peer-protocol`, naming the field that does not fit. */
export function decodeAudit(bytes: Uint8Array): AuditFrame {
  return parsed(auditSchema, bytes);
}

/** Throws `peer-protocol`, naming the field that does not fit. */
export function decodeProbe(bytes: Uint8Array): ProbeFrame {
  return parsed(probeSchema, bytes);
}

/** What a validator signs over its question. */
export function askedMessage(kind: "ping" | "sample", asked: Asked | Sample): Message {
  return { kind, body: keccak(encode(asked)), nonce: asked.nonce, expiresAt: asked.expiresAt };
}

/** Why a question is not the validator's, or not a fresh one; undefined when it is. */
export function wrongAsked(
  frame: { readonly kind: "ping" | "sample"; readonly asked: Asked | Sample; readonly signature: Hex },
  {
    domain,
    recover,
    now,
    lifetimeSeconds,
  }: {
    readonly domain: Domain;
    readonly recover: (digest: Hex, signature: Hex) => Address | undefined;
    /** Block time in seconds. */
    readonly now: number;
    readonly lifetimeSeconds: number;
  },
): string | undefined {
  const { kind, asked, signature } = frame;
  // Heads of two nodes differ by the time a block travels; a minute covers it.
  if (asked.expiresAt < now || asked.expiresAt > now + lifetimeSeconds + 60)
    return `it expires at ${asked.expiresAt} and the block time is ${now}`;
  const signer = recover(digest(domain, messageHash(askedMessage(kind, asked))), signature);
  return signer === asked.validator ? undefined : `it is signed by ${signer ?? "nobody"}, not by ${asked.validator}`;
}

/** The frames that carry a transcript's bytes. Throws `peer-protocol` when there are too many. */
export function transcriptFrames(leaf: Hex, bytes: Uint8Array): readonly AuditFrame[] {
  const of = Math.ceil(bytes.length / PART_BYTES);
  if (of > MAX_PARTS) throw new CortensorError("peer-protocol", `a transcript of ${bytes.length} bytes is too long`);
  return Array.from({ length: of }, (_, n) => ({
    type: "transcript",
    leaf,
    n,
    of,
    bytes: bytes.subarray(n * PART_BYTES, (n + 1) * PART_BYTES),
  }));
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch {
    throw new CortensorError("peer-protocol", `a frame of ${bytes.length} bytes is not CBOR`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "type" : issue.path.join(".");
  // Without the value: a stranger's bytes do not belong into the log.
  const found = issue?.code === "unrecognized_keys" ? "a field that does not exist" : issue?.message;
  throw new CortensorError("peer-protocol", `a frame does not fit the protocol: ${where}`, {
    why: [["found", found ?? "something else"]],
  });
}
