import { chmod, mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CortensorError } from "../errors/cortensorError.ts";
import { systemClock } from "../util/clock.ts";
import type { Address, Clock, Hex } from "../util/types.ts";
import { damaged, keyExists, type KeystoreFile, readKeystoreFile, unlock, writeKeystoreFile } from "./keystoreFile.ts";
import { type OpenKey, openKey } from "./openKey.ts";
import { newPrivateKey, privateKeyBytes } from "./signer.ts";
import { encryptKeystore, type PasswordKind } from "./web3Storage.ts";

export interface KeyStoreOptions {
  /** Holds `<name>.json`; made with mode 0700 at the first write. */
  readonly folder: string;
}

/** What is known of a key without its password. */
export interface KeyInfo {
  readonly name: string;
  readonly address: Address;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface NewKey {
  /** Letters, digits, `.`, `_`, `-`; at most 64. */
  readonly name: string;
  readonly password: string;
  /** Default: chosen. */
  readonly passwordKind?: PasswordKind;
  /** Default: a new random key. */
  readonly privateKey?: Hex | Uint8Array;
}

export interface KeyFile {
  readonly name: string;
  readonly file: string;
  readonly password: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The encrypted keys of one home: Web3 Secret Storage version 3, one file per key, never overwritten. */
export class KeyStore {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor({ folder }: KeyStoreOptions, { clock }: { readonly clock: Clock } = { clock: systemClock }) {
    this.#folder = resolve(folder);
    this.#clock = clock;
  }

  /** Encrypts a new key. Throws key-exists, key-invalid. */
  async create({ name, password, passwordKind = "chosen", privateKey = newPrivateKey() }: NewKey): Promise<OpenKey> {
    const file = this.fileOf(name);
    const bytes = privateKeyBytes(privateKey);
    const key = openKey(bytes);
    await this.#prepareFolder(name);
    const createdAtMs = this.#clock.now();
    const text = await encryptKeystore({
      privateKey: bytes,
      address: key.address,
      password,
      passwordKind,
      createdAtMs,
    });
    await writeKeystoreFile(file, text, name);
    return key;
  }

  /** Encrypts a key that exists elsewhere. Throws key-exists, key-invalid. */
  async import(key: NewKey & { readonly privateKey: Hex | Uint8Array }): Promise<OpenKey> {
    return await this.create(key);
  }

  /** Takes in a keystore file of any program, which its password opens. Throws key-exists, key-damaged, password-wrong. */
  async importFrom({ name, file, password }: KeyFile): Promise<OpenKey> {
    const found = await readKeystoreFile(resolve(file), name);
    const { privateKey } = await unlock(found, { name, password });
    return await this.create({ name, password, privateKey });
  }

  /** Throws key-missing, key-damaged, password-wrong. */
  async open(name: string, password: string): Promise<OpenKey> {
    return await unlock(await this.#find(name), { name, password });
  }

  /** All keys by name. Throws key-damaged at the first file that is none. */
  async list(): Promise<KeyInfo[]> {
    const names = (await this.#fileNames()).filter((name) => NAME.test(name)).sort();
    const infos: KeyInfo[] = [];
    for (const name of names) {
      const { address, createdAt } = await this.#find(name);
      infos.push({ name, address, createdAt });
    }
    return infos;
  }

  async has(name: string): Promise<boolean> {
    return (await this.#fileNames()).includes(name);
  }

  /** Without the password. Throws key-missing, key-damaged. */
  async addressOf(name: string): Promise<Address> {
    return (await this.#find(name)).address;
  }

  /** Copies the encrypted key to a new file, once its password has opened it: a backup that nobody can open is none. */
  async exportTo({ name, file, password }: KeyFile): Promise<void> {
    const found = await this.#find(name);
    await unlock(found, { name, password });
    await writeKeystoreFile(resolve(file), found.text);
  }

  /** Where the key of this name is kept. */
  fileOf(name: string): string {
    if (!NAME.test(name)) {
      throw new CortensorError("option-value", `${JSON.stringify(name)} cannot be the name of a key`, {
        why: [["needed", "letters, digits, '.', '_' and '-', at most 64, beginning with a letter or digit"]],
        data: { name },
      });
    }
    return join(this.#folder, `${name}.json`);
  }

  async #find(name: string): Promise<KeystoreFile & { readonly address: Address }> {
    const found = await readKeystoreFile(this.fileOf(name), name);
    const { address } = found;
    if (address === undefined) throw damaged(found.file, "it does not say its address");
    return { ...found, address };
  }

  async #fileNames(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -5));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new CortensorError("home-damaged", `the folder of keys ${this.#folder} cannot be read`, {
        why: [["why", (error as Error).message]],
        cause: error,
      });
    }
  }

  async #prepareFolder(name: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await chmod(this.#folder, 0o700);
    // Said before the half second that encrypting takes; writing checks again.
    if (await this.has(name)) throw keyExists(this.fileOf(name), name);
  }
}
