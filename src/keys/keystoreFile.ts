import { readFile, stat } from "node:fs/promises";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Address } from "../util/types.ts";
import { writeNewFile } from "./newFile.ts";
import { type OpenKey, openKey } from "./openKey.ts";
import { decryptKeystore, type Keystore, parseKeystore } from "./web3Storage.ts";

const LARGEST_FILE = 65_536;

/** A keystore file that was read and has the right form. */
export interface KeystoreFile {
  readonly file: string;
  readonly text: string;
  readonly keystore: Keystore;
  /** Other programs may leave it out. */
  readonly address: Address | undefined;
  /** ISO 8601; of files from other programs, their last change. */
  readonly createdAt: string;
}

export async function readKeystoreFile(file: string, name: string): Promise<KeystoreFile> {
  let text: string;
  let modifiedMs: number;
  try {
    const { size, mtimeMs } = await stat(file);
    if (size > LARGEST_FILE) throw damaged(file, `it has ${size} bytes, a keystore has less than ${LARGEST_FILE}`);
    modifiedMs = mtimeMs;
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof CortensorError) throw error;
    if (codeOf(error) !== "ENOENT") throw damaged(file, (error as Error).message, error);
    throw new CortensorError("key-missing", `there is no key ${name}`, {
      why: [["why", `no file ${file}`]],
      try: "cortensor wallet list",
      data: { name, file },
    });
  }
  return described(file, text, modifiedMs);
}

function described(file: string, text: string, modifiedMs: number): KeystoreFile {
  try {
    const keystore = parseKeystore(text);
    const createdAt = keystore["x-cortensor"]?.created ?? new Date(modifiedMs).toISOString();
    const address: Address | undefined = keystore.address === undefined ? undefined : `0x${keystore.address}`;
    return { file, text, keystore, address, createdAt };
  } catch (error) {
    throw damaged(file, (error as Error).message, error);
  }
}

export async function unlock(
  found: KeystoreFile,
  { name, password }: { name: string; password: string },
): Promise<OpenKey> {
  const { file, keystore, address, createdAt } = found;
  const privateKey = await decryptKeystore(keystore, password);
  if (privateKey === undefined) {
    throw new CortensorError("password-wrong", `this password does not open the key ${name}`, {
      why: [["found", `${file}, made ${dayOf(createdAt)}`]],
      data: { name, file, createdAt },
    });
  }
  const key = openedFrom(file, privateKey);
  if (address === undefined || key.address === address) return key;
  throw damaged(file, `it says address ${address}, and its key is that of ${key.address}`);
}

function openedFrom(file: string, privateKey: Uint8Array): OpenKey {
  try {
    return openKey(privateKey);
  } catch (error) {
    throw damaged(file, (error as Error).message, error);
  }
}

export async function writeKeystoreFile(file: string, text: string, name?: string): Promise<void> {
  try {
    await writeNewFile(file, text);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw keyExists(file, name);
    throw new CortensorError("config-invalid", `the key cannot be written to ${file}`, {
      why: [["why", (error as Error).message]],
      data: { file },
      cause: error,
    });
  }
}

export function keyExists(file: string, name?: string): CortensorError {
  const what = name === undefined ? `the file ${file} exists` : `a key named ${name} exists`;
  return new CortensorError("key-exists", `${what} and is not overwritten`, {
    why: [["found", file]],
    data: { file, ...(name === undefined ? {} : { name }) },
  });
}

export function damaged(file: string, why: string, cause?: unknown): CortensorError {
  return new CortensorError("key-damaged", `the keystore file ${file} cannot be used`, {
    why: [["why", why]],
    data: { file },
    ...(cause === undefined ? {} : { cause }),
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** As in "2 Nov 2025", UTC. */
function dayOf(iso: string): string {
  const format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  return format.format(new Date(iso));
}
