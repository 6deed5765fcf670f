import { keccak256 } from "./keccak256.ts";
import { hexOf } from "../util/hex.ts";
import type { Hex } from "../util/types.ts";

const WORD_BYTES = 32;
const utf8 = new TextEncoder();

interface Field {
  readonly type: string;
  readonly name: string;
  readonly bits: number;
  /** Bytes of the value; a word for numbers and texts. */
  readonly size: number;
}

/**
 * The words in which Solidity's ABI lays out a flat record, and their hash: numbers and addresses from the right, fixed
 * bytes from the left, text as its hash. Each layout has one buffer, written anew for every record.
 */
export class WordLayout {
  readonly #fields: readonly Field[];
  readonly #words: Buffer;
  readonly #from: number;

  /** `fields` as Solidity writes them: `address owner,uint8 role`. `prefix`, a word, stands before them. */
  constructor(fields: string, prefix: Uint8Array = new Uint8Array()) {
    this.#fields = fields.split(",").map(parsed);
    this.#from = prefix.length;
    this.#words = Buffer.alloc(this.#from + this.#fields.length * WORD_BYTES);
    this.#words.set(prefix);
  }

  /** Throws a plain `Error` on a value that does not fit its type: what comes from outside is validated before. */
  hash(record: object): Hex {
    const values = record as Readonly<Record<string, unknown>>;
    const words = this.#words.fill(0, this.#from);
    let at = this.#from;
    for (const field of this.#fields) {
      putWord(words, at, { field, value: values[field.name] });
      at += WORD_BYTES;
    }
    return hexOf(keccak256(words));
  }
}

/** Writes the bytes of hexadecimal text; throws unless they are `size`. */
export function putHex(to: Buffer, at: number, { hex, size, type }: { hex: Hex; size: number; type: string }): void {
  const written = hex.startsWith("0x") ? to.write(hex.slice(2), at, size, "hex") : 0;
  if (written !== size || hex.length !== 2 + 2 * size)
    throw new Error(`${type} takes ${size} bytes, not ${hex.slice(0, 80)}`);
}

function parsed(text: string): Field {
  const [type = "", name = ""] = text.split(" ");
  const bits = type.startsWith("uint") ? Number(type.slice(4)) : 0;
  const size = type === "address" ? 20 : type.startsWith("bytes") ? Number(type.slice(5)) : WORD_BYTES;
  return { type, name, bits, size };
}

function putWord(words: Buffer, at: number, { field, value }: { field: Field; value: unknown }): void {
  const { type, size } = field;
  if (type === "string") words.set(keccak256(utf8.encode(value as string)), at);
  else if (field.bits > 0) putNumber(words, at, { field, value });
  else putHex(words, type === "address" ? at + WORD_BYTES - size : at, { hex: value as Hex, size, type });
}

function putNumber(
  words: Buffer,
  at: number,
  { field: { type, bits }, value }: { field: Field; value: unknown },
): void {
  if (typeof value !== "bigint" && !Number.isSafeInteger(value))
    throw new Error(`${type} takes a whole number, not ${String(value)}`);
  const number = value as bigint | number;
  if (number < 0 || (typeof number === "bigint" ? number >> BigInt(bits) > 0n : number >= 2 ** bits))
    throw new Error(`${number} is out of the range of ${type}`);
  if (typeof number === "number" && number <= 0xffff_ffff) {
    words.writeUInt32BE(number, at + 28);
    return;
  }
  let rest = BigInt(number);
  for (let end = at + 24; rest > 0n; end -= 8) {
    words.writeBigUInt64BE(BigInt.asUintN(64, rest), end);
    rest >>= 64n;
  }
}
