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
  listSchema,
  numbersSchema,
  orderSchema,
  paramsSchema,
  receiptSchema,
  sessionSchema,
  signatureSchema,
  textSchema,
  uint32Schema,
  uint53Schema,
  uintTextSchema,
  voucherSchema,
} from "./schemas.ts";

const orderIdSchema = hexSchema(16);
/** Token ids of one frame. */
const MAX_IDS = 65_536;
const MAX_SENTENCE = 1024;
const MAX_REPLICAS = 64;
const codeSchema = textSchema({ min: 1, max: 64 });
const sentenceSchema = textSchema({ max: MAX_SENTENCE });

const modelSchema = z.strictObject({
  modelId: hashSchema,
  name: textSchema({ min: 1, max: 128 }),
  contextTokens: uint32Schema,
  engine: textSchema({ max: 32 }),
  slots: z.int().min(1).max(65_536),
  canContinue: z.boolean(),
});

const helloSchema = z.strictObject({
  version: uint32Schema,
  address: addressSchema,
  owner: addressSchema,
  role: z.enum(["router", "miner"]),
  models: listSchema(modelSchema, 64),
  promptPrice: uintTextSchema(96),
  outputPrice: uintTextSchema(96),
  software: textSchema({ max: 64 }),
  nonce: hashSchema,
  expiresAt: uint53Schema,
});

/** Who a peer is and what it serves; prices are wei per token. */
export type Hello = Readonly<z.infer<typeof helloSchema>>;

const refusal = { orderId: orderIdSchema, code: codeSchema, retryable: z.boolean(), message: sentenceSchema };

const receiptedSchema = z.strictObject({ record: receiptSchema, signature: signatureSchema });
const commitmentSchema = z.strictObject({
  miner: addressSchema,
  order: hashSchema,
  commitment: hashSchema,
  signature: signatureSchema,
});

const frameSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("hello"), hello: helloSchema, signature: signatureSchema }),
  z.strictObject({
    type: z.literal("order"),
    order: orderSchema,
    signature: signatureSchema,
    input: inputSchema,
    salt: hashSchema,
    params: paramsSchema,
    resume: idsSchema(MAX_IDS),
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
    ids: idsSchema(MAX_IDS),
    text: textSchema({ max: 262_144 }),
    logprobs: numbersSchema(Number.isFinite, MAX_IDS).exactOptional(),
    finish: finishSchema.exactOptional(),
    receipt: receiptedSchema.exactOptional(),
  }),
  z.strictObject({ type: z.literal("cancel"), orderId: orderIdSchema, reason: z.enum(["client", "late", "hedge"]) }),
  // With redundancy: a replica signs for its answer, sees that all others did, and only then shows it.
  z.strictObject({
    type: z.literal("commit"),
    orderId: orderIdSchema,
    commitment: hashSchema,
    signature: signatureSchema,
  }),
  z.strictObject({
    type: z.literal("open"),
    orderId: orderIdSchema,
    commitments: listSchema(commitmentSchema, MAX_REPLICAS),
    late: listSchema(addressSchema, MAX_REPLICAS),
  }),
  z.strictObject({
    type: z.literal("reveal"),
    orderId: orderIdSchema,
    salt: hashSchema,
    ids: idsSchema(MAX_IDS),
    text: textSchema({ max: 262_144 }),
    finish: finishSchema,
    receipt: receiptedSchema,
  }),
  // What the answer of another replica is worth to this miner's model.
  z.strictObject({
    type: z.literal("scored"),
    orderId: orderIdSchema,
    tokens: uint32Schema,
    matches: uint32Schema,
    meanMarginNats: z.number().min(0).max(4),
    receipt: receiptedSchema,
  }),
  z.strictObject({
    type: z.literal("pay"),
    session: sessionSchema,
    voucher: z.strictObject({ record: voucherSchema, signature: signatureSchema }),
  }),
  // The router's measurements of a receipt, signed: what both may anchor.
  z.strictObject({
    type: z.literal("countersigned"),
    orderId: orderIdSchema,
    receipt: hashSchema,
    ttftMs: uint32Schema,
    durationMs: uint32Schema,
    signature: signatureSchema,
  }),
  z.strictObject({ type: z.literal("drain"), inMs: uint32Schema }),
]);

/** One message between peers on a task stream. */
export type Frame = z.infer<typeof frameSchema>;

/**
 * Why an order is stopped. `client`: nobody waits for the rest, and what was made is receipted and paid; `late` and `hedge`:
 * another miner goes on, and only what was receipted before is paid.
 */
export type CancelReason = Extract<Frame, { type: "cancel" }>["reason"];

/** The bytes of a frame. A sentence that is longer than the other side takes is cut. */
export function encodeFrame(frame: Frame): Uint8Array {
  if (frame.type === "refuse" || frame.type === "fail")
    return encode({ ...frame, message: frame.message.slice(0, MAX_SENTENCE) });
  return encode(frame);
}

/** A peer's bytes as a frame; `peer-protocol` for anything else, naming the field that does not fit. */
export function decodeFrame(bytes: Uint8Array): Frame {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (error) {
    // What follows a quotation mark is the peer's.
    const [said = ""] = (error as Error).message.split('"', 1);
    throw broken(`a frame of ${bytes.length} bytes is not CBOR`, said);
  }
  const parsed = frameSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") ?? "";
  const found = issue?.code === "unrecognized_keys" ? "a field that does not exist" : issue?.message;
  throw broken(`a frame does not fit the protocol: ${where === "" ? "type" : where}`, found ?? "something else");
}

/** Without the cause: a library's error may quote all that a stranger sent, and it goes into the log. */
function broken(message: string, found: string): CortensorError {
  return new CortensorError("peer-protocol", message, { why: [["found", found]] });
}

/** What a node key signs to say hello. */
export function helloBody(hello: Hello): Message {
  return { kind: "hello", body: keccak(encode(hello)), nonce: hello.nonce, expiresAt: hello.expiresAt };
}
