import { z } from "zod";
import type { Address, Hex } from "../util/types.ts";
import {
  FINISH,
  type FinishReason,
  type Order,
  type Receipt,
  type Session,
  type TaskInput,
  type TaskParams,
  type Voucher,
} from "./records.ts";

/** Building blocks of every schema at the edges: lower-case hex of a fixed length, decimal text for money, bounded numbers. */
export const hexSchema = (bytes: number): z.ZodType<Hex> =>
  z.string().regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`)) as unknown as z.ZodType<Hex>;

export const addressSchema: z.ZodType<Address> = hexSchema(20);
export const hashSchema = hexSchema(32);
export const signatureSchema = hexSchema(64);
export const uint32Schema = z.int().min(0).max(0xffff_ffff);
/** Counts, times and durations that fit a uint64 and a JavaScript number. */
export const uint53Schema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Decimal text of an unsigned integer below 2^bits, as a bigint. */
export const uintTextSchema = (bits: number): z.ZodType<bigint> =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,38})$/)
    .transform(BigInt)
    .refine((value) => value >> BigInt(bits) === 0n) as unknown as z.ZodType<bigint>;

const tokenIdSchema = uint32Schema;
export const idsSchema: z.ZodType<readonly number[]> = z.array(tokenIdSchema).max(65_536);

export const orderSchema: z.ZodType<Order> = z.strictObject({
  task: hashSchema,
  attempt: uint32Schema,
  replica: uint32Schema,
  kind: z.int().min(0).max(2),
  epoch: uint32Schema,
  router: addressSchema,
  miner: addressSchema,
  session: hashSchema,
  model: hashSchema,
  input: hashSchema,
  params: hashSchema,
  seed: uintTextSchema(64),
  from: uint32Schema,
  resume: hashSchema,
  maxTokens: uint32Schema,
  promptPrice: uintTextSchema(96),
  outputPrice: uintTextSchema(96),
  deadlineMs: uint53Schema,
  expiresAt: uint53Schema,
});

export const receiptSchema: z.ZodType<Receipt> = z.strictObject({
  order: hashSchema,
  from: uint32Schema,
  to: uint32Schema,
  idsHash: hashSchema,
  promptTokens: uint32Schema,
  finish: z.int().min(0).max(5),
  fee: uintTextSchema(96),
});

export const voucherSchema: z.ZodType<Voucher> = z.strictObject({
  session: hashSchema,
  cumulative: uintTextSchema(96),
});

export const sessionSchema: z.ZodType<Session> = z.strictObject({
  payer: addressSchema,
  signer: addressSchema,
  payee: addressSchema,
  recipient: addressSchema,
  terms: hashSchema,
  expiry: z
    .int()
    .min(0)
    .max(2 ** 40 - 1),
  salt: hashSchema,
});

export const inputSchema: z.ZodType<TaskInput> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("messages"),
    messages: z
      .array(
        z.strictObject({
          role: z.string().min(1).max(64),
          content: z.string().max(1_000_000),
          name: z.string().max(256).exactOptional(),
        }),
      )
      .min(1)
      .max(1024),
  }),
  z.strictObject({ kind: z.literal("text"), text: z.string().max(1_000_000) }),
]);

export const paramsSchema: z.ZodType<TaskParams> = z.strictObject({
  maxTokens: z.int().min(1).max(1_048_576),
  temperature: z.number().min(0).max(2),
  topP: z.number().gt(0).max(1),
  topK: z.int().min(1).max(64),
  minP: z.number().min(0).max(1),
  stop: z.array(z.string().min(1).max(64)).max(4),
  renderer: uint32Schema,
});

const finishNames = Object.keys(FINISH).filter((name) => name !== "growing") as FinishReason[];
export const finishSchema = z.enum(finishNames);
