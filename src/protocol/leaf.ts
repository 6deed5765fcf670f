import { z } from "zod";
import type { Address, Hex } from "../util/types.ts";
import { digest, receiptHash } from "./eip712.ts";
import { partLeaf, type ReceiptPart } from "./receiptBundle.ts";
import type { Domain } from "./records.ts";
import { addressSchema, hashSchema, receiptSchema, signatureSchema, uint32Schema } from "./schemas.ts";

const leafSchema = z.strictObject({
  router: addressSchema,
  miner: addressSchema,
  model: hashSchema,
  receipt: receiptSchema,
  receiptSignature: signatureSchema,
  countersigned: z.strictObject({ ttftMs: uint32Schema, durationMs: uint32Schema }),
  countersignature: signatureSchema,
});

/**
 * A counter-signed receipt as it stands in an epoch's public list: enough to check both signatures and to count, and nothing
 * of what was asked or answered. `model` is what the router says, until a transcript shows the order.
 */
export type Leaf = Readonly<z.infer<typeof leafSchema>>;

/** Throws a `ZodError` on anything else. */
export function parseLeaf(value: unknown): Leaf {
  return leafSchema.parse(value);
}

export function leafOf({ order, receipt, receiptSignature, countersigned, countersignature }: ReceiptPart): Leaf {
  const { router, miner, model } = order;
  return { router, miner, model, receipt, receiptSignature, countersigned, countersignature };
}

/** Whose signature does not hold; undefined for a leaf that its miner and its router signed. */
export function wrongLeaf(
  leaf: Leaf,
  {
    domain,
    recover,
  }: { readonly domain: Domain; readonly recover: (digest: Hex, signature: Hex) => Address | undefined },
): "miner" | "router" | undefined {
  if (recover(digest(domain, receiptHash(leaf.receipt)), leaf.receiptSignature) !== leaf.miner) return "miner";
  return recover(digest(domain, partLeaf(leaf)), leaf.countersignature) === leaf.router ? undefined : "router";
}
