import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { generatedPassword, KeyStore, type OpenKey } from "../keys/index.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import { writeText } from "../util/jsonFile.ts";
import type { Address, Hex } from "../util/types.ts";
import type { Signer } from "../keys/interface.ts";
import { type Home, privateFolder } from "./home.ts";
import { join } from "node:path";

/** What the key that seals transcripts is derived for. */
export const TRANSCRIPTS = "transcripts";

/** The keys a node acts with. */
export interface Identity {
  readonly name: string;
  readonly node: OpenKey;
  readonly owner: Address;
  /** Present when the owner's key lives in this home and could be opened. */
  readonly ownerSigner: Signer | undefined;
}

export interface IdentityOptions {
  readonly home: Home;
  readonly name: string;
  /** On a practice network the owner's key gets a generated password too: its COR has no value. */
  readonly practice: boolean;
  /** An owner whose key lives elsewhere. */
  readonly ownerAddress?: Address;
  /** Asked once, when an owner's key must be made or opened outside a practice network. */
  ownerPassword?(isNew: boolean): Promise<string>;
}

/**
 * Opens a node's keys, making those that are missing. The node key has a generated password kept beside it, so that the
 * node restarts unattended.
 *
 * Errors: `password-needed`, `password-wrong`, `key-damaged`, `home-damaged`.
 */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const { home, name } = options;
  const node = await openUnattended({ home, name, keyName: name });
  if (options.ownerAddress !== undefined) return { name, node, owner: options.ownerAddress, ownerSigner: undefined };
  const keyName = ownerKeyName(name);
  if (options.practice) {
    const owner = await openUnattended({ home, name, keyName });
    return { name, node, owner: owner.address, ownerSigner: owner };
  }
  const keys = new KeyStore({ folder: home.keysFolder });
  const known = await keys.has(keyName);
  if (options.ownerPassword === undefined)
    throw new CortensorError(
      "password-needed",
      `the owner wallet ${keyName} needs its password and nobody can be asked`,
      {
        try: `cortensor ... --password-file FILE`,
      },
    );
  const password = await options.ownerPassword(!known);
  const owner = known ? await keys.open(keyName, password) : await keys.create({ name: keyName, password });
  return { name, node, owner: owner.address, ownerSigner: owner };
}

/** The name of the key that owns a node of this home. */
export function ownerKeyName(node: string): string {
  return `${node}-owner`;
}

/** The wallet that pays for this installation's own API keys on a practice network. */
export async function openOperator(home: Home): Promise<OpenKey> {
  return await openUnattended({ home, name: "operator", keyName: "operator" });
}

async function openUnattended({
  home,
  name,
  keyName,
}: {
  home: Home;
  name: string;
  keyName: string;
}): Promise<OpenKey> {
  const keys = new KeyStore({ folder: home.keysFolder });
  const folder = await privateFolder(home.node(name).folder);
  const passwordFile = join(folder, `${keyName}.password`);
  const kept = await readFile(passwordFile, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (await keys.has(keyName)) {
    if (kept !== undefined) return await keys.open(keyName, kept.trim());
    throw new CortensorError("password-needed", `the password of the key ${keyName} is not in ${passwordFile}`, {
      why: [["needed", "a node key opens with the password that was generated with it"]],
      try: `cortensor wallet export ${keyName} --to FILE`,
      data: { key: keyName, file: passwordFile },
    });
  }
  // The password is on disk before the key is, so that a crash in between never leaves a key that nobody can open.
  const password = kept?.trim() ?? generatedPassword();
  if (kept === undefined) await writeText(passwordFile, `${password}\n`);
  return await keys.create({ name: keyName, password, passwordKind: "generated" });
}

/** 32 random bytes. */
export function randomBytes32(): Hex {
  return `0x${randomBytes(32).toString("hex")}`;
}
