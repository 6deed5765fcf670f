import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";
import { decode, encode } from "./codec.ts";
import { keccak } from "./hash.ts";
import type { Message } from "./records.ts";
import {
  addressSchema,
  finishSchema,
  hashSchema,
  hexSchema,
  idsSchema,
  inputSchema,
  orderSchema,
  paramsSchema,
  receiptSchema,
  sessionSchema,
  signatureSchema,
  uint32Schema,
  uint53Schema,
  uintTextSchema,
  voucherSchema,
} from "./schemas.ts";

const orderIdSchema = hexSchema(16);
const codeSchema = z.string().min(1).max(64);
const logprobsSchema: z.ZodType<readonly number[]> = z.array(z.number()).max(65_536);
const sentenceSchema = z.string().max(1024);

const helloSchema = z.strictObject({
  version: uint32Schema,
  address: addressSchema,
  owner: addressSchema,
  role: z.enum(["router", "miner"]),
  models: z
    .array(
      z.strictObject({
        modelId: hashSchema,
        name: z.string().min(1).max(128),
        contextTokens: uint32Schema,
        engine: z.string().max(32),
        slots: z.int().min(1).max(65_536),
        canContinue: z.boolean(),
      }),
    )
    .max(64),
  promptPrice: uintTextSchema(96),
  outputPrice: uintTextSchema(96),
  software: z.string().max(64),
  nonce: hashSchema,
  expiresAt: uint53Schema,
});

/** Who a peer is and what it serves; prices are wei per token. */
export type Hello = Readonly<z.infer<typeof helloSchema>>;

const refusal = { orderId: orderIdSchema, code: codeSchema, retryable: z.boolean(), message: sentenceSchema };

const frameSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("hello"), hello: helloSchema, signature: signatureSchema }),
  z.strictObject({
    type: z.literal("order"),
    order: orderSchema,
    signature: signatureSchema,
    input: inputSchema,
    salt: hashSchema,
    params: paramsSchema,
    resume: idsSchema,
  }),
  z.strictObject({
    type: z.literal("ack"),
    orderId: orderIdSchema,
    promptTokens: uint32Schema,
    firstTokenMs: uint32Schema,
  }),
  z.strictObject({ type: z.literal("refuse"), ...refusal }),
  z.strictObject({ type: z.literal("fail"), ...refusal }),
  z.strictObject({
    type: z.literal("tokens"),
    orderId: orderIdSchema,
    from: uint32Schema,
    ids: idsSchema,
    text: z.string().max(262_144),
    logprobs: logprobsSchema.exactOptional(),
    finish: finishSchema.exactOptional(),
    receipt: z.strictObject({ record: receiptSchema, signature: signatureSchema }).exactOptional(),
  }),
  z.strictObject({ type: z.literal("cancel"), orderId: orderIdSchema, reason: sentenceSchema }),
  z.strictObject({
    type: z.literal("pay"),
    session: sessionSchema,
    voucher: z.strictObject({ record: voucherSchema, signature: signatureSchema }),
  }),
  z.strictObject({ type: z.literal("drain"), inMs: uint32Schema }),
]);

/** One message between peers on a task stream. */
export type Frame = z.infer<typeof frameSchema>;

export function encodeFrame(frame: Frame): Uint8Array {
  return encode(frame);
}

/** A peer's bytes as a frame; `peer-protocol` for anything else, naming the field that does not fit. */
export function decodeFrame(bytes: Uint8Array): Frame {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (error) {
    throw new CortensorError("peer-protocol", `a frame of ${bytes.length} bytes is not CBOR`, { cause: error });
  }
  const parsed = frameSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") ?? "";
  throw new CortensorError("peer-protocol", `a frame does not fit the protocol: ${where === "" ? "type" : where}`, {
    cause: parsed.error,
  });
}

/** What a node key signs to say hello. */
export function helloBody(hello: Hello): Message {
  return { kind: "hello", body: keccak(encode(hello)), nonce: hello.nonce, expiresAt: hello.expiresAt };
}
