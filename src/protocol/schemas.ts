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

/**
 * Building blocks of every schema at the edges. Each value has one form only: lower-case hex, decimal text without leading
 * zeros, no -0 and no halves of surrogate pairs, which CBOR writes as 0 and as U+FFFD. So what is not equal is not hashed equal.
 */
export const hexSchema = (bytes: number): z.ZodType<Hex> =>
  z.string().regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`)) as unknown as z.ZodType<Hex>;

export const addressSchema: z.ZodType<Address> = hexSchema(20);
export const hashSchema = hexSchema(32);
export const signatureSchema = hexSchema(64);

const notMinusZero = (value: number): boolean => !Object.is(value, -0);
export const uintSchema = (max: number): z.ZodType<number> => z.int().min(0).max(max).refine(notMinusZero);
export const uint32Schema = uintSchema(0xffff_ffff);
/** Counts, times and durations that fit a uint64 and a JavaScript number. */
export const uint53Schema = uintSchema(Number.MAX_SAFE_INTEGER);

/** Decimal text of an unsigned integer below 2^bits, as a bigint. */
export const uintTextSchema = (bits: number): z.ZodType<bigint> =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,38})$/)
    .transform(BigInt)
    .refine((value) => value >> BigInt(bits) === 0n);

/** Text of `min` to `max` UTF-16 units. */
export const textSchema = ({ min = 0, max }: { readonly min?: number; readonly max: number }): z.ZodType<string> =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((text) => text.isWellFormed());

/** At most `max` items, counted before any is looked at: a peer's long list of wrong items costs nothing. */
export const listSchema = <T>(item: z.ZodType<T>, max: number): z.ZodType<readonly T[]> =>
  z.custom<unknown[]>((value) => Array.isArray(value) && value.length <= max).pipe(z.array(item));

/** Numbers that all pass a test, in one loop: answers have thousands. */
export const numbersSchema = (passes: (value: number) => boolean, max: number): z.ZodType<readonly number[]> =>
  z.custom<readonly number[]>(
    (value) =>
      Array.isArray(value) && value.length <= max && value.every((item) => typeof item === "number" && passes(item)),
  );

const isTokenId = (value: number): boolean => Object.is(value >>> 0, value);
export const idsSchema = (max: number): z.ZodType<readonly number[]> => numbersSchema(isTokenId, max);

export const orderSchema: z.ZodType<Order> = z.strictObject({
  task: hashSchema,
  attempt: uint32Schema,
  replica: uint32Schema,
  kind: uintSchema(2),
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
  finish: uintSchema(5),
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
  expiry: uintSchema(2 ** 40 - 1),
  salt: hashSchema,
});

const contentSchema = textSchema({ max: 1_000_000 });
const messageSchema = z.strictObject({
  role: textSchema({ min: 1, max: 64 }),
  content: contentSchema,
  name: textSchema({ max: 256 }).exactOptional(),
});

export const inputSchema: z.ZodType<TaskInput> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("messages"),
    messages: listSchema(messageSchema, 1024).refine((messages) => messages.length > 0),
  }),
  z.strictObject({ kind: z.literal("text"), text: contentSchema }),
]);

/** The most tokens that an answer may be asked to have. */
export const MAX_ANSWER_TOKENS = 1_048_576;

export const paramsSchema: z.ZodType<TaskParams> = z.strictObject({
  maxTokens: z.int().min(1).max(MAX_ANSWER_TOKENS),
  temperature: z.number().min(0).max(2).refine(notMinusZero),
  topP: z.number().gt(0).max(1),
  topK: z.int().min(1).max(64),
  minP: z.number().min(0).max(1).refine(notMinusZero),
  stop: listSchema(textSchema({ min: 1, max: 64 }), 4),
  renderer: uint32Schema,
});

const finishNames = Object.keys(FINISH).filter((name) => name !== "growing") as FinishReason[];
export const finishSchema = z.enum(finishNames);
