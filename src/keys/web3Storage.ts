import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  randomUUID,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { keccak } from "../protocol/hash.ts";
import { bytesOf } from "../util/hex.ts";
import type { Address } from "../util/types.ts";

/**
 * Who thought of the password. A generated one has 256 bits of randomness, which no slow derivation makes any stronger;
 * one that a person chose needs about half a second per guess.
 */
export type PasswordKind = "chosen" | "generated";

const ROUNDS: Readonly<Record<PasswordKind, number>> = { chosen: 131_072, generated: 4096 };
/** Bounds the work that a foreign file can ask for: 1 GiB of memory. */
const MOST_MEMORY = 1024 ** 3;

const hexDigits = (bytes: number) =>
  z
    .string()
    .transform((text) => text.toLowerCase().replace(/^0x/, ""))
    .refine((text) => text.length === bytes * 2 && /^[0-9a-f]*$/.test(text), `not ${bytes} bytes in hexadecimal`);

const scryptParams = z
  .object({
    n: z
      .int()
      .min(2)
      .refine((n) => Number.isInteger(Math.log2(n)), "not a power of two"),
    r: z.int().min(1).max(64),
    p: z.int().min(1).max(64),
    dklen: z.literal(32),
    salt: z
      .string()
      .transform((text) => text.toLowerCase().replace(/^0x/, ""))
      .refine((text) => /^([0-9a-f]{2})+$/.test(text)),
  })
  // RFC 7914, section 6; OpenSSL refuses the rest.
  .refine(({ n, r }) => Math.log2(n) < 16 * r, "n is too large for r")
  .refine(({ n, r, p }) => 128 * r * (n + p) <= MOST_MEMORY, "asks for more than 1 GiB");

const keystoreSchema = z.object({
  version: z.literal(3),
  address: hexDigits(20).optional(),
  crypto: z.object({
    cipher: z.literal("aes-128-ctr"),
    ciphertext: hexDigits(32),
    cipherparams: z.object({ iv: hexDigits(16) }),
    kdf: z.literal("scrypt"),
    kdfparams: scryptParams,
    mac: hexDigits(32),
  }),
  // Ours, ignored by others: tells a damaged file from a wrong password, and when the key was made.
  "x-cortensor": z.object({ created: z.iso.datetime(), checksum: hexDigits(32) }).optional(),
});

/** A keystore file whose form is right, in lower case and without `0x`. */
export type Keystore = z.infer<typeof keystoreSchema>;

/** Reads Web3 Secret Storage version 3. Throws a plain error that says what is wrong with it. */
export function parseKeystore(text: string): Keystore {
  const result = keystoreSchema.safeParse(withLowerCaseNames(json(text)));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new Error(`${issue?.path.join(".") || "the file"}: ${issue?.message ?? "has another form"}`);
  }
  const own = result.data["x-cortensor"];
  if (own !== undefined && own.checksum !== checksumOf(result.data, own.created))
    throw new Error("it was changed after it was written");
  return result.data;
}

/** The private key, or undefined when the password does not open it. */
export async function decryptKeystore({ crypto }: Keystore, password: string): Promise<Uint8Array | undefined> {
  const derived = await derive(password, crypto.kdfparams);
  const ciphertext = Buffer.from(crypto.ciphertext, "hex");
  if (!timingSafeEqual(macOf(derived, ciphertext), Buffer.from(crypto.mac, "hex"))) return undefined;
  const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), Buffer.from(crypto.cipherparams.iv, "hex"));
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

export interface EncryptOptions {
  readonly privateKey: Uint8Array;
  readonly address: Address;
  readonly password: string;
  readonly passwordKind: PasswordKind;
  readonly createdAtMs: number;
}

/** The text of a keystore file that also geth and ethers open. */
export async function encryptKeystore(options: EncryptOptions): Promise<string> {
  const kdfparams = {
    n: ROUNDS[options.passwordKind],
    r: 8,
    p: 1,
    dklen: 32 as const,
    salt: randomBytes(32).toString("hex"),
  };
  const derived = await derive(options.password, kdfparams);
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(options.privateKey), cipher.final()]);
  const keystore: Keystore = {
    version: 3,
    address: options.address.slice(2),
    crypto: {
      cipher: "aes-128-ctr",
      ciphertext: ciphertext.toString("hex"),
      cipherparams: { iv: iv.toString("hex") },
      kdf: "scrypt",
      kdfparams,
      mac: macOf(derived, ciphertext).toString("hex"),
    },
  };
  const created = new Date(options.createdAtMs).toISOString();
  const own = { created, checksum: checksumOf(keystore, created) };
  return `${JSON.stringify({ ...keystore, id: randomUUID(), "x-cortensor": own }, undefined, 2)}\n`;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be a bare private key.
    throw new Error("it is not JSON");
  }
}

// The format's names are read in any case: ethers writes "Crypto", geth "crypto".
function withLowerCaseNames(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.toLowerCase(), withLowerCaseNames(inner)]),
  );
}

async function derive(password: string, params: Keystore["crypto"]["kdfparams"]): Promise<Buffer> {
  const { n: N, r, p, dklen, salt } = params;
  // Normalised as ethers does, so that a password typed on another system opens the same file.
  const bytes = Buffer.from(password.normalize("NFKC"), "utf8");
  const run = promisify<typeof bytes, Buffer, number, object, Buffer>(scrypt);
  return await run(bytes, Buffer.from(salt, "hex"), dklen, { N, r, p, maxmem: 2 * MOST_MEMORY });
}

function macOf(derived: Buffer, ciphertext: Buffer): Buffer {
  return Buffer.from(bytesOf(keccak(Buffer.concat([derived.subarray(16, 32), ciphertext]))));
}

/** Not a secret and no protection against anyone: it finds damage, as a MAC failure alone also means a wrong password. */
function checksumOf({ address, crypto }: Keystore, created: string): string {
  const { kdfparams: kdf } = crypto;
  const parts = [
    address,
    created,
    crypto.cipher,
    crypto.ciphertext,
    crypto.cipherparams.iv,
    crypto.kdf,
    kdf.n,
    kdf.r,
    kdf.p,
    kdf.dklen,
  ];
  return createHash("sha256")
    .update([...parts, kdf.salt, crypto.mac].join("|"))
    .digest("hex");
}
