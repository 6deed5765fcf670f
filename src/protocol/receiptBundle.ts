import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Address, Hex } from "../util/types.ts";
import { encode } from "./codec.ts";
import { countersignedHash, digest, messageHash, orderHash, receiptHash } from "./eip712.ts";
import { idsHash, inputHash, keccak, paramsHash, taskId, taskSeed } from "./hash.ts";
import { provesLeaf } from "./merkle.ts";
import { feeOf, promptPaid, promptTokensCeiling } from "./price.ts";
import type { Domain, Order, Receipt, TaskInput, TaskParams } from "./records.ts";
import {
  addressSchema,
  hashSchema,
  hexSchema,
  idsSchema,
  inputSchema,
  listSchema,
  MAX_ANSWER_TOKENS,
  orderSchema,
  paramsSchema,
  receiptSchema,
  signatureSchema,
  textSchema,
  uint32Schema,
  uintTextSchema,
} from "./schemas.ts";

const SCHEMA = "cortensor.receipt/1";
/** Attempts at one task are limited by the router; this bounds what is read. */
const MAX_PARTS = 64;
/** Hashes from a leaf to its root: far more leaves than anybody has. */
const MAX_PROOF = 40;
const NO_NONCE: Hex = `0x${"00".repeat(32)}`;

const partSchema = z.strictObject({
  order: orderSchema,
  orderSignature: signatureSchema,
  receipt: receiptSchema,
  receiptSignature: signatureSchema,
  countersigned: z.strictObject({ ttftMs: uint32Schema, durationMs: uint32Schema }),
  countersignature: signatureSchema,
});

const anchorSchema = z.strictObject({
  epoch: uint32Schema,
  leaf: hashSchema,
  root: hashSchema,
  proof: listSchema(hashSchema, MAX_PROOF),
});

const bundleSchema = z.strictObject({
  schema: z.literal(SCHEMA),
  id: z.string().regex(/^r_[0-9a-f]{8}$/),
  network: textSchema({ min: 1, max: 64 }),
  domain: z.strictObject({ chainId: z.int().min(1), runtime: addressSchema }),
  parts: listSchema(partSchema, MAX_PARTS).refine((parts) => parts.length > 0),
  task: z.strictObject({
    account: hashSchema,
    requestId: hexSchema(16),
    clientSeed: uintTextSchema(64).exactOptional(),
  }),
  model: z.strictObject({ name: textSchema({ min: 1, max: 128 }) }),
  input: inputSchema,
  salt: hashSchema,
  params: paramsSchema,
  ids: idsSchema(MAX_ANSWER_TOKENS),
  text: textSchema({ max: 64 * MAX_ANSWER_TOKENS }),
  issuedAt: z.iso.datetime(),
  envelopeSignature: signatureSchema,
  anchors: listSchema(anchorSchema, MAX_PARTS).exactOptional(),
});

/** The work of one miner at an answer: what it was ordered, its last receipt, and the router's measurements of it. */
export interface ReceiptPart {
  readonly order: Order;
  readonly orderSignature: Hex;
  readonly receipt: Receipt;
  readonly receiptSignature: Hex;
  readonly countersigned: { readonly ttftMs: number; readonly durationMs: number };
  readonly countersignature: Hex;
}

/**
 * What a client keeps of one answer: its parts, one for each miner that was paid for tokens of it, and all that is hashed in
 * them. The router signs the whole, so that no field can be changed unseen. Bigints are decimal text in JSON.
 */
export interface ReceiptBundle extends BundleFields {
  readonly schema: typeof SCHEMA;
  /** `r_` and the first 8 digits of the last receipt's struct hash. */
  readonly id: string;
  readonly envelopeSignature: Hex;
  /** Where parts are under what the router posted on chain; known once their epochs are over, so not under its signature. */
  readonly anchors?: readonly ReceiptAnchor[];
}

/** The path from one part's leaf to the root of its epoch. */
export interface ReceiptAnchor {
  readonly epoch: number;
  readonly leaf: Hex;
  readonly root: Hex;
  /** Hashes beside the path, lowest first. */
  readonly proof: readonly Hex[];
}

export interface BundleFields {
  readonly network: string;
  readonly domain: Domain;
  /** In the order of the answer. Tokens between two parts were given by a miner that was lost before it signed for them. */
  readonly parts: readonly ReceiptPart[];
  readonly task: { readonly account: Hex; readonly requestId: Hex; readonly clientSeed?: bigint };
  readonly model: { readonly name: string };
  readonly input: TaskInput;
  readonly salt: Hex;
  readonly params: TaskParams;
  readonly ids: readonly number[];
  readonly text: string;
  /** ISO 8601. */
  readonly issuedAt: string;
}

/** One statement about a receipt and whether it holds. */
export interface ReceiptCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Completes a bundle with its id and the router's signature over everything in it. `sign` takes the digest. */
export function sealBundle(fields: BundleFields, sign: (digest: Hex) => Hex): ReceiptBundle {
  const bundle = {
    schema: SCHEMA,
    id: receiptId(lastPart(fields).receipt),
    ...fields,
    input: wellFormed(fields.input),
    params: wellFormed(fields.params),
    text: fields.text.toWellFormed(),
  } as const;
  return { ...bundle, envelopeSignature: sign(digest(fields.domain, envelopeHash(bundle))) };
}

/** What is hashed is CBOR, which has U+FFFD for half a surrogate pair; so the text in the bundle has it too. */
function wellFormed<T>(value: T): T {
  if (typeof value === "string") return value.toWellFormed() as T;
  if (Array.isArray(value)) return value.map(wellFormed) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, wellFormed(field)])) as T;
}

/** `r_` and the first 8 digits of the receipt's struct hash. */
export function receiptId(receipt: Receipt): string {
  return `r_${receiptHash(receipt).slice(2, 10)}`;
}

/** A bundle from parsed JSON or CBOR; `receipt-invalid` naming the first field that does not fit. */
export function parseBundle(value: unknown): ReceiptBundle {
  const parsed = bundleSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".");
  throw new CortensorError(
    "receipt-invalid",
    `the receipt has no right form: ${field === undefined || field === "" ? "the whole" : field}`,
    {
      why: [["found", issue?.message ?? "something else"]],
      data: { field },
      cause: parsed.error,
    },
  );
}

/** The bundle as plain JSON: bigints as decimal text. */
export function bundleJson(bundle: ReceiptBundle): Record<string, unknown> {
  return plain(bundle) as Record<string, unknown>;
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const out: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) if (field !== undefined) out[key] = plain(field);
  return out;
}

/** Every check of a parsed bundle, offline: it holds when all are ok. */
export function verifyBundle(
  bundle: ReceiptBundle,
  deps: { recover(digest: Hex, signature: Hex): Address | undefined },
): readonly ReceiptCheck[] {
  return [...signatureChecks(bundle, deps), ...contentChecks(bundle)];
}

/** The part with the end of the answer, as far as it was paid. */
export function lastPart({ parts }: Pick<BundleFields, "parts">): ReceiptPart {
  const part = parts.at(-1);
  if (part === undefined) throw new CortensorError("receipt-invalid", "a receipt has at least one part");
  return part;
}

function signatureChecks(
  bundle: ReceiptBundle,
  deps: { recover(digest: Hex, signature: Hex): Address | undefined },
): ReceiptCheck[] {
  const { router } = lastPart(bundle).order;
  const signedBy = (name: string, claim: { hash: Hex; signature: Hex; signer: Address }): ReceiptCheck => {
    const found = deps.recover(digest(bundle.domain, claim.hash), claim.signature);
    const ok = found === claim.signer;
    return {
      name,
      ok,
      detail: ok ? `signed by ${claim.signer}` : `signed by ${found ?? "nobody"}, not by ${claim.signer}`,
    };
  };
  const ofPart = ({ order, receipt, countersigned, ...signatures }: ReceiptPart): ReceiptCheck[] => [
    signedBy("order", { hash: orderHash(order), signature: signatures.orderSignature, signer: order.router }),
    signedBy("receipt", { hash: receiptHash(receipt), signature: signatures.receiptSignature, signer: order.miner }),
    signedBy("counter-signature", {
      hash: partLeaf({ receipt, countersigned }),
      signature: signatures.countersignature,
      signer: order.router,
    }),
  ];
  return [
    ...bundle.parts.flatMap((part, at) => numbered(ofPart(part), at)),
    signedBy("envelope", { hash: envelopeHash(bundle), signature: bundle.envelopeSignature, signer: router }),
  ];
}

/** What was signed must also fit together. */
function contentChecks(bundle: ReceiptBundle): ReceiptCheck[] {
  const { id, ids, parts } = bundle;
  const last = lastPart(bundle);
  return [
    equal("receipt id", [id, receiptId(last.receipt)]),
    ...parts.flatMap((part, at) => numbered(partChecks(part, { bundle, before: parts[at - 1] }), at)),
    equal("token count", [last.receipt.to, ids.length]),
    ...anchorChecks(bundle),
  ];
}

function anchorChecks({ anchors = [], parts }: ReceiptBundle): ReceiptCheck[] {
  const leaves = new Set(parts.map((part) => partLeaf(part)));
  const checks = anchors.map(({ epoch, leaf, root, proof }): ReceiptCheck => {
    const own = leaves.has(leaf);
    const ok = own && provesLeaf({ root, leaf, proof });
    const where = `the root ${root} of epoch ${epoch}`;
    return {
      name: "anchor",
      ok,
      detail: ok ? `under ${where}` : own ? `not under ${where}` : `of another receipt, ${leaf}`,
    };
  });
  return checks.flatMap((check, at) => numbered([check], at));
}

/** What is anchored of a part: the hash that its router counter-signed. */
export function partLeaf({ receipt, countersigned }: Pick<ReceiptPart, "receipt" | "countersigned">): Hex {
  return countersignedHash({ receipt: receiptHash(receipt), ...countersigned });
}

function partChecks(
  { order, receipt }: ReceiptPart,
  { bundle, before }: { bundle: ReceiptBundle; before: ReceiptPart | undefined },
): ReceiptCheck[] {
  const { input, params, salt, task, ids } = bundle;
  const { promptTokens, finish, from, to } = receipt;
  const { router, model } = before?.order ?? order;
  const { requestId, clientSeed } = task;
  const seed = taskSeed({ requestId, input, ...(clientSeed !== undefined && { clientSeed }) });
  const outputTokens = to - from;
  return [
    equal("order of the receipt", [receipt.order, orderHash(order)]),
    equal("router", [order.router, router]),
    equal("model", [order.model, model]),
    equal("task", [order.task, taskId({ router: order.router, ...task })]),
    equal("seed", [order.seed, seed]),
    equal("input", [order.input, inputHash(salt, input)]),
    equal("parameters", [order.params, paramsHash(params)]),
    equal("first token", [from, order.from]),
    // No token is paid twice; those between two parts are paid to nobody.
    atLeast("tokens before", [from, before?.receipt.to ?? 0]),
    equal("resumed tokens", [order.resume, idsHash(ids.slice(0, from))]),
    equal("output tokens", [receipt.idsHash, idsHash(ids.slice(from, to))]),
    equal("token limit", [order.maxTokens, params.maxTokens]),
    atMost("last token", [to, order.maxTokens]),
    // The client has no tokenizer either; more than this cannot come from the input.
    atMost("prompt tokens", [promptTokens, promptTokensCeiling(input)]),
    equal("fee", [receipt.fee, feeOf({ ...order, promptTokens, outputTokens, promptPaid: promptPaid(finish) })]),
  ];
}

/** Checks of a second part and later ones say which. */
function numbered(checks: readonly ReceiptCheck[], at: number): readonly ReceiptCheck[] {
  return at === 0 ? checks : checks.map((check) => ({ ...check, name: `${check.name} ${at + 1}` }));
}

function equal(name: string, [found, expected]: readonly [unknown, unknown]): ReceiptCheck {
  const ok = found === expected;
  return { name, ok, detail: ok ? String(found) : `${String(found)}, expected ${String(expected)}` };
}

function atMost(name: string, [found, limit]: readonly [number, number]): ReceiptCheck {
  const ok = found <= limit;
  return { name, ok, detail: ok ? `${found} of at most ${limit}` : `${found}, at most ${limit} are possible` };
}

function atLeast(name: string, [found, least]: readonly [number, number]): ReceiptCheck {
  const ok = found >= least;
  return { name, ok, detail: ok ? `${found}, after ${least}` : `${found}, and ${least} were paid before` };
}

function envelopeHash(bundle: Omit<ReceiptBundle, "envelopeSignature"> & { readonly envelopeSignature?: Hex }): Hex {
  const { envelopeSignature: _, anchors: __, ...body } = bundle;
  return messageHash({ kind: "receipt", body: keccak(encode(body)), nonce: NO_NONCE, expiresAt: 0 });
}
