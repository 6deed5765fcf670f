import type { Hex } from "./types.ts";

/** Lower-case hexadecimal text of bytes, with `0x`. */
export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

/** Bytes of hexadecimal text; throws a plain `Error` on anything else, since outside text is validated before. */
export function bytesOf(hex: Hex): Uint8Array {
  const digits = hex.slice(2);
  const bytes = new Uint8Array(Buffer.from(digits, "hex"));
  if (!hex.startsWith("0x") || bytes.length * 2 !== digits.length)
    throw new Error(`not hexadecimal: ${hex.slice(0, 80)}`);
  return bytes;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
