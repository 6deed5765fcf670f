import { decode as decodeCbor } from "cborg";
import { writeCbor } from "./cborWriter.ts";

/**
 * Canonical CBOR: map keys sorted, so that equal records give equal bytes. Bigints travel as decimal text, since CBOR's
 * own integers end at 2^64; fields that are undefined are left out.
 */
export function encode(value: unknown): Uint8Array {
  return writeCbor(value);
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
