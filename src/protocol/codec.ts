import { decode as decodeCbor, encode as encodeCbor } from "cborg";

/**
 * Canonical CBOR: map keys sorted, so that equal records give equal bytes. Bigints travel as decimal text, since CBOR's
 * own integers end at 2^64; fields that are undefined are left out.
 */
export function encode(value: unknown): Uint8Array {
  return encodeCbor(plain(value));
}

/** The value of one whole CBOR item; throws a plain `Error` on anything malformed, with bytes left over, or with a key twice. */
export function decode(bytes: Uint8Array): unknown {
  return decodeCbor(bytes, {
    strict: true,
    rejectDuplicateMapKeys: true,
    allowUndefined: false,
    allowIndefinite: false,
  });
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  const out: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) if (field !== undefined) out[key] = plain(field);
  return out;
}
