import * as fc from "fast-check";
import type { Frame, Hello } from "../../../src/protocol/frames.ts";
import type {
  ChatMessage,
  Order,
  Receipt,
  Session,
  TaskInput,
  TaskParams,
  Voucher,
} from "../../../src/protocol/records.ts";
import { hexOf } from "../../../src/util/hex.ts";
import type { Hex } from "../../../src/util/types.ts";

/** Random records for property tests: every value that the protocol allows, the ends of each range included. */
export const anyHex = (bytes: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(hexOf);

const anyAddress = anyHex(20);
const anyHash = anyHex(32);
const anySignature = anyHex(64);
const anyUint32 = fc.nat({ max: 0xffff_ffff });
const anyTime = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const anyWei = fc.bigInt({ min: 0n, max: 2n ** 96n - 1n });
const anyText = (max: number, min = 0): fc.Arbitrary<string> =>
  fc.string({ unit: "grapheme", minLength: min, maxLength: max }).filter((text) => text.length <= max * 8);

const anyOrder: fc.Arbitrary<Order> = fc.record({
  task: anyHash,
  attempt: anyUint32,
  replica: anyUint32,
  kind: fc.nat({ max: 2 }),
  epoch: anyUint32,
  router: anyAddress,
  miner: anyAddress,
  session: anyHash,
  model: anyHash,
  input: anyHash,
  params: anyHash,
  seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  from: anyUint32,
  resume: anyHash,
  maxTokens: anyUint32,
  promptPrice: anyWei,
  outputPrice: anyWei,
  deadlineMs: anyTime,
  expiresAt: anyTime,
});

const anyReceipt: fc.Arbitrary<Receipt> = fc.record({
  order: anyHash,
  from: anyUint32,
  to: anyUint32,
  idsHash: anyHash,
  promptTokens: anyUint32,
  finish: fc.nat({ max: 5 }),
  fee: anyWei,
});

const anyVoucher: fc.Arbitrary<Voucher> = fc.record({ session: anyHash, cumulative: anyWei });

export const anySession: fc.Arbitrary<Session> = fc.record({
  payer: anyAddress,
  signer: anyAddress,
  payee: anyAddress,
  recipient: anyAddress,
  terms: anyHash,
  expiry: fc.nat({ max: 2 ** 40 - 1 }),
  salt: anyHash,
});

const anyMessage: fc.Arbitrary<ChatMessage> = fc.record(
  { role: fc.constantFrom("system", "user", "assistant"), content: anyText(60), name: anyText(8) },
  { requiredKeys: ["role", "content"] },
);

export const anyInput: fc.Arbitrary<TaskInput> = fc.oneof(
  fc.record({ kind: fc.constant("messages" as const), messages: fc.array(anyMessage, { minLength: 1, maxLength: 4 }) }),
  fc.record({ kind: fc.constant("text" as const), text: anyText(60) }),
);

const anyShare = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);

export const anyParams: fc.Arbitrary<TaskParams> = fc.record({
  maxTokens: fc.integer({ min: 1, max: 1_048_576 }),
  temperature: anyShare.map((value) => value * 2),
  topP: anyShare.filter((value) => value > 0),
  topK: fc.integer({ min: 1, max: 64 }),
  minP: anyShare,
  stop: fc.array(anyText(8, 1), { maxLength: 4 }),
  renderer: anyUint32,
});

export const anyIds = fc.array(anyUint32, { maxLength: 40 });

export const anyHello: fc.Arbitrary<Hello> = fc.record({
  version: anyUint32,
  address: anyAddress,
  owner: anyAddress,
  role: fc.constantFrom("router" as const, "miner" as const),
  models: fc.array(
    fc.record({
      modelId: anyHash,
      name: anyText(12, 1),
      contextTokens: anyUint32,
      engine: fc.constantFrom("llama", "scripted"),
      slots: fc.integer({ min: 1, max: 65_536 }),
      canContinue: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  promptPrice: anyWei,
  outputPrice: anyWei,
  software: anyText(6),
  nonce: anyHash,
  expiresAt: anyTime,
});

const orderId = anyHex(16);
const refusal = { orderId, code: anyText(7, 1), retryable: fc.boolean(), message: anyText(100) };
const signed = <T>(record: fc.Arbitrary<T>): fc.Arbitrary<{ record: T; signature: Hex }> =>
  fc.record({ record, signature: anySignature });

/** A valid frame of every kind, by its type. */
export const anyFrameOf: { readonly [T in Frame["type"]]: fc.Arbitrary<Extract<Frame, { type: T }>> } = {
  hello: fc.record({ type: fc.constant("hello" as const), hello: anyHello, signature: anySignature }),
  order: fc.record({
    type: fc.constant("order" as const),
    order: anyOrder,
    signature: anySignature,
    input: anyInput,
    salt: anyHash,
    params: anyParams,
    resume: anyIds,
  }),
  ack: fc.record({
    type: fc.constant("ack" as const),
    orderId,
    promptTokens: anyUint32,
    firstTokenMs: anyUint32,
  }),
  refuse: fc.record({ type: fc.constant("refuse" as const), ...refusal }),
  fail: fc.record({ type: fc.constant("fail" as const), ...refusal }),
  tokens: fc.record(
    {
      type: fc.constant("tokens" as const),
      orderId,
      from: anyUint32,
      ids: anyIds,
      text: anyText(60),
      logprobs: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
      finish: fc.constantFrom("stop" as const, "length" as const, "tool_calls" as const, "cancelled" as const),
      receipt: signed(anyReceipt),
    },
    { requiredKeys: ["type", "orderId", "from", "ids", "text"] },
  ),
  cancel: fc.record({
    type: fc.constant("cancel" as const),
    orderId,
    reason: fc.constantFrom("client" as const, "late" as const, "hedge" as const),
  }),
  commit: fc.record({
    type: fc.constant("commit" as const),
    orderId,
    commitment: anyHash,
    signature: anySignature,
  }),
  open: fc.record({
    type: fc.constant("open" as const),
    orderId,
    commitments: fc.array(
      fc.record({ miner: anyAddress, order: anyHash, commitment: anyHash, signature: anySignature }),
      { maxLength: 3 },
    ),
    late: fc.array(anyAddress, { maxLength: 3 }),
  }),
  reveal: fc.record({
    type: fc.constant("reveal" as const),
    orderId,
    salt: anyHash,
    ids: anyIds,
    text: anyText(60),
    finish: fc.constantFrom("stop" as const, "length" as const, "tool_calls" as const, "cancelled" as const),
    receipt: signed(anyReceipt),
  }),
  scored: fc.record({
    type: fc.constant("scored" as const),
    orderId,
    tokens: anyUint32,
    matches: anyUint32,
    meanMarginNats: fc.double({ min: 0, max: 4, noNaN: true }).map((value) => value + 0),
    receipt: signed(anyReceipt),
  }),
  pay: fc.record({ type: fc.constant("pay" as const), session: anySession, voucher: signed(anyVoucher) }),
  countersigned: fc.record({
    type: fc.constant("countersigned" as const),
    orderId,
    receipt: anyHash,
    ttftMs: anyUint32,
    durationMs: anyUint32,
    signature: anySignature,
  }),
  drain: fc.record({ type: fc.constant("drain" as const), inMs: anyUint32 }),
};

export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(...Object.values(anyFrameOf));
