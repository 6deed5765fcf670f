import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { createSigner, newPrivateKey, recover } from "../../../src/keys/index.ts";
import { decode, encode } from "../../../src/protocol/codec.ts";
import { countersignedHash, digest, orderHash, receiptHash } from "../../../src/protocol/eip712.ts";
import { idsHash, inputHash, paramsHash, taskId, taskSeed } from "../../../src/protocol/hash.ts";
import { feeOf, promptPaid } from "../../../src/protocol/price.ts";
import {
  type BundleFields,
  bundleJson,
  parseBundle,
  type ReceiptBundle,
  type ReceiptPart,
  sealBundle,
  verifyBundle,
} from "../../../src/protocol/receiptBundle.ts";
import { FINISH, type Order, type Receipt, type TaskInput, type TaskParams } from "../../../src/protocol/records.ts";
import type { Hex } from "../../../src/util/types.ts";
import { anyHex, anyInput, anyParams } from "./anyRecord.ts";
import { changesOf } from "./changes.ts";

const router = createSigner(newPrivateKey());
const miner = createSigner(newPrivateKey());
const domain = { chainId: 31_337, runtime: `0x${"5a".repeat(20)}` } as const;
const signWith = (signer: typeof router, hash: Hex): Hex => signer.sign(digest(domain, hash));

interface Asked {
  readonly input: TaskInput;
  readonly params: TaskParams;
  readonly requestId: Hex;
  readonly account: Hex;
  readonly salt: Hex;
  readonly clientSeed?: bigint;
  readonly ids: readonly number[];
  readonly text: string;
  readonly finish: number;
}

const example: Asked = {
  input: {
    kind: "messages",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Où est la gare ? 😀\uFFFD", name: "zoë" },
    ],
  },
  params: { maxTokens: 64, temperature: 0.7, topP: 0.95, topK: 40, minP: 0, stop: ["\n\n"], renderer: 1 },
  requestId: `0x${"a1".repeat(16)}`,
  account: `0x${"b2".repeat(32)}`,
  salt: `0x${"c3".repeat(32)}`,
  clientSeed: 42n,
  ids: [0, 1, 65_535, 4_294_967_295],
  text: "Là-bas.",
  finish: FINISH.stop,
};

interface Signing {
  readonly order?: Partial<Order>;
  readonly receipt?: Partial<Receipt>;
}

/** What router and miner would have signed for the output tokens `[from, to)`. */
function partOf(asked: Asked, [from, to]: readonly [number, number], change: Signing = {}): ReceiptPart {
  const { input, params, requestId, account, salt, clientSeed, finish } = asked;
  const ids = asked.ids.slice(from, to);
  const seedOf = clientSeed === undefined ? {} : { clientSeed };
  const order: Order = {
    task: taskId({ router: router.address, account, requestId }),
    attempt: 0,
    replica: 0,
    kind: 0,
    epoch: 7,
    router: router.address,
    miner: miner.address,
    session: `0x${"d4".repeat(32)}`,
    model: `0x${"e5".repeat(32)}`,
    input: inputHash(salt, input),
    params: paramsHash(params),
    seed: taskSeed({ requestId, input, ...seedOf }),
    from,
    resume: idsHash(asked.ids.slice(0, from)),
    maxTokens: params.maxTokens,
    promptPrice: 500_000_000_000n,
    outputPrice: 2n ** 70n + 1n,
    deadlineMs: 60_000,
    expiresAt: 1_800_000_000,
    ...change.order,
  };
  const promptTokens = 12;
  const code = to === asked.ids.length ? finish : FINISH.growing;
  const receipt: Receipt = {
    order: orderHash(order),
    from: order.from,
    to: order.from + ids.length,
    idsHash: idsHash(ids),
    promptTokens,
    finish: code,
    fee: feeOf({ ...order, promptTokens, outputTokens: ids.length, promptPaid: promptPaid(code) }),
    ...change.receipt,
  };
  const countersigned = { ttftMs: 120, durationMs: 3456 };
  return {
    order,
    orderSignature: signWith(router, orderHash(order)),
    receipt,
    receiptSignature: signWith(miner, receiptHash(receipt)),
    countersigned,
    countersignature: signWith(router, countersignedHash({ receipt: receiptHash(receipt), ...countersigned })),
  };
}

/** A whole answer by one miner. */
function fieldsOf(asked: Asked, change: Signing = {}): BundleFields {
  return fieldsWith(asked, [partOf(asked, [0, asked.ids.length], change)]);
}

function fieldsWith(asked: Asked, parts: readonly ReceiptPart[]): BundleFields {
  const { input, params, requestId, account, salt, clientSeed, ids, text } = asked;
  return {
    network: "local",
    domain,
    parts,
    task: { account, requestId, ...(clientSeed === undefined ? {} : { clientSeed }) },
    model: { name: "cortensor-tiny" },
    input,
    salt,
    params,
    ids,
    text,
    issuedAt: "2027-01-15T08:00:00.000Z",
  };
}

const seal = (fields: BundleFields): ReceiptBundle => sealBundle(fields, (hash) => router.sign(hash));

/** Names of the checks that fail; `form` when the bundle is not even read. */
function failuresOf(json: unknown): string[] {
  let bundle: ReceiptBundle;
  try {
    bundle = parseBundle(json);
  } catch (error) {
    if (error instanceof CortensorError && error.code === "receipt-invalid") return ["form"];
    throw error;
  }
  return verifyBundle(bundle, { recover })
    .filter(({ ok }) => !ok)
    .map(({ name }) => name);
}

describe("a receipt", () => {
  it("holds for what was asked and answered, through JSON and through CBOR", () => {
    const anyAsked: fc.Arbitrary<Asked> = fc.record(
      {
        input: anyInput,
        params: anyParams,
        requestId: anyHex(16),
        account: anyHex(32),
        salt: anyHex(32),
        clientSeed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        ids: fc.array(fc.nat({ max: 0xffff_ffff }), { maxLength: 20 }),
        text: fc.string({ unit: "binary" }),
        finish: fc.nat({ max: 5 }),
      },
      { requiredKeys: ["input", "params", "requestId", "account", "salt", "ids", "text", "finish"] },
    );
    fc.assert(
      fc.property(anyAsked, (asked) => {
        fc.pre(asked.ids.length <= asked.params.maxTokens);
        const bundle = seal(fieldsOf(asked));
        expect(failuresOf(JSON.parse(JSON.stringify(bundleJson(bundle))))).toEqual([]);
        expect(failuresOf(decode(encode(bundle)))).toEqual([]);
        expect(parseBundle(decode(encode(bundle)))).toEqual(bundle);
      }),
      { numRuns: 50 },
    );
  });

  it("shows every check with what it found", () => {
    const checks = verifyBundle(seal(fieldsOf(example)), { recover });
    expect(checks.every(({ ok }) => ok)).toBe(true);
    expect(checks.map(({ name }) => name)).toEqual([
      "order",
      "receipt",
      "counter-signature",
      "envelope",
      "receipt id",
      "order of the receipt",
      "router",
      "model",
      "task",
      "seed",
      "input",
      "parameters",
      "first token",
      "tokens before",
      "resumed tokens",
      "output tokens",
      "token limit",
      "last token",
      "prompt tokens",
      "fee",
      "token count",
    ]);
    expect(checks[0]?.detail).toBe(`signed by ${router.address}`);
    expect(checks[1]?.detail).toBe(`signed by ${miner.address}`);
  });

  it("is found out when one character, number, item or field of it is changed", { timeout: 30_000 }, () => {
    const { clientSeed: _, ...drawn } = example;
    const text: Asked = { ...drawn, input: { kind: "text", text: "abc" }, params: { ...drawn.params, temperature: 0 } };
    const inTwo = fieldsWith(example, [partOf(example, [0, 1]), partOf(example, [2, 4], { order: { attempt: 1 } })]);
    for (const fields of [fieldsOf(example), fieldsOf(text), inTwo]) {
      const json = bundleJson(seal(fields));
      expect(failuresOf(json)).toEqual([]);
      const changes = changesOf(json);
      expect(changes.length).toBeGreaterThan(2000);

      const unseen = changes.filter(({ value }) => failuresOf(value).length === 0).map(({ what }) => what);
      expect(unseen).toEqual([]);
    }
  });

  it("is found out when a record is taken from another receipt", () => {
    const one = bundleJson(seal(fieldsOf(example)));
    const other = bundleJson(
      seal(
        fieldsOf(
          { ...example, ids: [9], text: "x", requestId: `0x${"a2".repeat(16)}`, salt: `0x${"a3".repeat(32)}` },
          { order: { epoch: 8 } },
        ),
      ),
    );
    for (const key of Object.keys(one)) {
      const mixed = { ...one, [key]: other[key] };
      if (JSON.stringify(mixed) !== JSON.stringify(one)) expect(failuresOf(mixed), key).not.toEqual([]);
    }
  });
});

describe("an answer that several miners gave", () => {
  const withParts = (...parts: readonly ReceiptPart[]): string[] =>
    failuresOf(bundleJson(seal(fieldsWith(example, parts))));

  it("holds also with tokens between two parts that nobody signed for", () => {
    expect(withParts(partOf(example, [0, 2]), partOf(example, [2, 4], { order: { attempt: 1 } }))).toEqual([]);
    expect(withParts(partOf(example, [0, 1]), partOf(example, [3, 4], { order: { attempt: 2 } }))).toEqual([]);
    expect(withParts(partOf(example, [1, 4], { order: { attempt: 1 } }))).toEqual([]);
  });

  it("is found out when a token is paid twice, parts are missing or come in another order", () => {
    const [first, second] = [partOf(example, [0, 2]), partOf(example, [2, 4], { order: { attempt: 1 } })];
    expect(withParts(first, partOf(example, [1, 4]))).toEqual(["tokens before 2"]);
    expect(withParts(first, first)).toEqual(["tokens before 2", "token count"]);
    expect(withParts(second, first)).toEqual(["tokens before 2", "token count"]);
    expect(withParts(first)).toEqual(["token count"]);
    expect(failuresOf({ ...bundleJson(seal(fieldsOf(example))), parts: [] })).toEqual(["form"]);
  });

  it("is found out when a part is by another model or went on from other tokens", () => {
    const model: Hex = `0x${"99".repeat(32)}`;
    expect(withParts(partOf(example, [0, 2]), partOf(example, [2, 4], { order: { model } }))).toEqual(["model 2"]);
    const resume = idsHash([0, 2]);
    expect(withParts(partOf(example, [0, 2]), partOf(example, [2, 4], { order: { resume } }))).toEqual([
      "resumed tokens 2",
    ]);
  });
});

describe("a router that signs what does not fit together", () => {
  const failing = (
    asked: Partial<Asked>,
    change: { order?: Partial<Order>; receipt?: Partial<Receipt> },
    fields: Partial<BundleFields> = {},
  ): string[] => failuresOf(bundleJson(seal({ ...fieldsOf({ ...example, ...asked }, change), ...fields })));

  it("is found out: another input, parameters, seed or task than in the order", () => {
    expect(failing({}, { order: { input: `0x${"00".repeat(32)}` } })).toEqual(["input"]);
    expect(failing({}, { order: { params: `0x${"00".repeat(32)}` } })).toEqual(["parameters"]);
    expect(failing({}, { order: { seed: 1n } })).toEqual(["seed"]);
    expect(failing({}, { order: { task: `0x${"00".repeat(32)}` } })).toEqual(["task"]);
    expect(failing({}, {}, { salt: `0x${"00".repeat(32)}` })).toEqual(["input"]);
  });

  it("is found out: tokens that the miner did not sign for, more than were asked for, or a wrong fee", () => {
    expect(failing({}, {}, { ids: [1, 2, 3, 4] })).toEqual(["output tokens"]);
    expect(failing({}, {}, { ids: [] })).toEqual(["output tokens", "token count"]);
    expect(failing({}, {}, { ids: [...example.ids, 5] })).toEqual(["token count"]);
    expect(failing({}, { receipt: { fee: 1n } })).toEqual(["fee"]);
    expect(failing({}, { order: { from: 1 }, receipt: { from: 0, to: 4 } })).toEqual(["first token"]);
    expect(failing({}, { order: { resume: idsHash([1]) } })).toEqual(["resumed tokens"]);
    expect(failing({ params: { ...example.params, maxTokens: 3 } }, {})).toEqual(["last token"]);
    expect(failing({}, { order: { maxTokens: 1000 } })).toEqual(["token limit"]);
    const promptTokens = 100_000;
    const { promptPrice, outputPrice } = partOf(example, [0, 4]).order;
    const fee = feeOf({ promptTokens, outputTokens: 4, promptPrice, outputPrice, promptPaid: true });
    expect(failing({}, { receipt: { promptTokens, fee } })).toEqual(["prompt tokens"]);
  });

  it("is found out: the receipt of another order, or by another miner", () => {
    expect(failing({}, { receipt: { order: `0x${"00".repeat(32)}` } })).toEqual(["order of the receipt"]);
    expect(failing({}, { order: { miner: router.address } })).toEqual(["receipt"]);
    expect(failing({}, { order: { router: miner.address } })).toContain("order");
  });

  it("cannot bill the prompt of an answer that ended in an error", () => {
    const { promptPrice, outputPrice } = partOf(example, [0, 4]).order;
    const fee = feeOf({ promptTokens: 12, outputTokens: 4, promptPrice, outputPrice, promptPaid: true });
    expect(failing({ finish: FINISH.error }, { receipt: { fee } })).toEqual(["fee"]);
    expect(failing({ finish: FINISH.error }, {})).toEqual([]);
  });
});

describe("the form of a receipt", () => {
  it("holds half a surrogate pair as what is hashed for it", () => {
    const input: TaskInput = { kind: "text", text: "half \uD83D" };
    const bundle = seal(fieldsOf({ ...example, input, text: "\uDE00" }));
    expect(bundle.input).toEqual({ kind: "text", text: "half \uFFFD" });
    expect(bundle.text).toBe("\uFFFD");
    expect(failuresOf(JSON.parse(JSON.stringify(bundleJson(bundle))))).toEqual([]);
  });

  it("takes an answer as long as the longest that may be asked for", () => {
    const ids = Array.from({ length: 100_000 }, (_, id) => id);
    const params = { ...example.params, maxTokens: ids.length };
    expect(failuresOf(bundleJson(seal(fieldsOf({ ...example, ids, params }))))).toEqual([]);
  });

  it("is named where it is wrong", () => {
    const json = bundleJson(seal(fieldsOf(example)));
    expect(() => parseBundle({ ...json, salt: "0x" })).toThrow("the receipt has no right form: salt");
    const [part] = json.parts as [object];
    expect(() => parseBundle({ ...json, parts: [{ ...part, fee: 1 }] })).toThrow(": parts.0");
    expect(() => parseBundle("{}")).toThrow(": the whole");
    expect(() => parseBundle({ ...json, schema: "cortensor.receipt/2" })).toThrow(": schema");
  });

  it("is refused without any other exception, whatever is read", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(failuresOf(value)).toEqual(["form"]);
      }),
    );
  });
});
