import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Address, Hex } from "../util/types.ts";
import { decode, encode } from "./codec.ts";
import { digest, orderHash, receiptHash } from "./eip712.ts";
import { idsHash, inputHash, paramsHash } from "./hash.ts";
import { partLeaf, type ReceiptPart } from "./receiptBundle.ts";
import type { Domain, TaskInput, TaskParams } from "./records.ts";
import {
  hashSchema,
  idsSchema,
  inputSchema,
  listSchema,
  MAX_ANSWER_TOKENS,
  orderSchema,
  paramsSchema,
  receiptSchema,
  signatureSchema,
  uint32Schema,
} from "./schemas.ts";

/** Receipts that one transcript shows. */
const MAX_RECEIPTS = 8;

const transcriptSchema = z.strictObject({
  leaf: hashSchema,
  input: inputSchema,
  params: paramsSchema,
  salt: hashSchema,
  ids: idsSchema(MAX_ANSWER_TOKENS),
  order: orderSchema,
  orderSignature: signatureSchema,
  receipts: listSchema(
    z.strictObject({
      receipt: receiptSchema,
      receiptSignature: signatureSchema,
      countersigned: z.strictObject({ ttftMs: uint32Schema, durationMs: uint32Schema }),
      countersignature: signatureSchema,
    }),
    MAX_RECEIPTS,
  ).refine((receipts) => receipts.length > 0),
});

/**
 * All that a replay of one order needs. `ids` are those of the whole answer up to the end of the receipt: the order answers
 * for the ones from its `from` on. There is one receipt, the one under the leaf.
 */
export type Transcript = Readonly<z.infer<typeof transcriptSchema>>;

/** An order's answer with its receipt, as router and miner know it. */
export interface CountersignedAnswer {
  readonly part: ReceiptPart;
  readonly frame: {
    readonly input: TaskInput;
    readonly salt: Hex;
    readonly params: TaskParams;
    readonly resume: readonly number[];
  };
  /** Output ids of this order; those beyond the receipt are left out. */
  readonly ids: readonly number[];
}

export function transcriptOf({ part, frame, ids }: CountersignedAnswer): Transcript {
  const { order, orderSignature, ...receipt } = part;
  const { input, params, salt, resume } = frame;
  const own = ids.slice(0, part.receipt.to - part.receipt.from);
  return {
    leaf: partLeaf(part),
    input,
    params,
    salt,
    ids: [...resume, ...own],
    order,
    orderSignature,
    receipts: [receipt],
  };
}

export function encodeTranscript(transcript: Transcript): Uint8Array {
  return encode(transcript);
}

/** A transcript from bytes; `peer-protocol` naming the field that does not fit, and nothing of what it holds. */
export function decodeTranscript(bytes: Uint8Array): Transcript {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch {
    throw new CortensorError("peer-protocol", `a transcript of ${bytes.length} bytes is not CBOR`);
  }
  const parsed = transcriptSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "the whole" : issue.path.join(".");
  throw new CortensorError("peer-protocol", `a transcript does not fit the protocol: ${where}`);
}

/** What in a transcript is not what was anchored and signed; undefined for one that a verdict may be built on. */
export function wrongTranscript(
  transcript: Transcript,
  {
    leaf,
    domain,
    recover,
  }: {
    readonly leaf: Hex;
    readonly domain: Domain;
    readonly recover: (digest: Hex, signature: Hex) => Address | undefined;
  },
): string | undefined {
  const { order, input, params, salt, ids, receipts } = transcript;
  const [last, another] = receipts;
  if (last === undefined || another !== undefined) return "receipts";
  const { receipt, receiptSignature, countersignature } = last;
  const signed = (hash: Hex, signature: Hex, by: Address): boolean => recover(digest(domain, hash), signature) === by;
  if (transcript.leaf !== leaf || partLeaf(last) !== leaf) return "leaf";
  if (receipt.order !== orderHash(order)) return "order";
  if (!signed(receipt.order, transcript.orderSignature, order.router)) return "signature of the order";
  if (!signed(receiptHash(receipt), receiptSignature, order.miner)) return "signature of the receipt";
  if (!signed(leaf, countersignature, order.router)) return "counter-signature";
  if (order.input !== inputHash(salt, input)) return "input";
  if (order.params !== paramsHash(params)) return "parameters";
  if (receipt.from !== order.from || receipt.to !== ids.length || receipt.from > receipt.to) return "token count";
  if (order.resume !== idsHash(ids.slice(0, order.from))) return "resumed tokens";
  return receipt.idsHash === idsHash(ids.slice(order.from)) ? undefined : "output tokens";
}
