import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { decryptKeystoreJson, encryptKeystoreJson, Wallet } from "ethers";
import { expect, onTestFinished, test } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { createSigner, KeyStore, newPrivateKey, recover } from "../../../src/keys/index.ts";
import { hexOf } from "../../../src/util/hex.ts";
import type { Clock } from "../../../src/util/types.ts";

const clock: Clock = { now: () => Date.UTC(2025, 10, 2, 12), after: () => () => undefined };
const generated = { password: "a password", passwordKind: "generated" } as const;

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cortensor-keys-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "keys");
}

async function newStore(): Promise<{ folder: string; keys: KeyStore }> {
  const folder = await newFolder();
  return { folder, keys: new KeyStore({ folder }, { clock }) };
}

async function failure(work: Promise<unknown>): Promise<CortensorError> {
  const error: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof CortensorError) return error;
  throw new Error(`expected a CortensorError, got ${inspect(error)}`);
}

/** The file as another program could have written it, with other costs. */
function withKdfParams(text: string, params: object): string {
  const { "x-cortensor": _, ...file } = JSON.parse(text) as { "x-cortensor": object; crypto: { kdfparams: object } };
  return JSON.stringify({ ...file, crypto: { ...file.crypto, kdfparams: { ...file.crypto.kdfparams, ...params } } });
}

/** What a person sees of an error. */
const shown = (error: CortensorError) =>
  [error.message, ...(error.details.why ?? []).map(([, text]) => text)].join("\n");

test("a new key opens with its password and signs", async () => {
  const { keys } = await newStore();
  const made = await keys.create({ name: "router-1", ...generated });
  const key = await keys.open("router-1", generated.password);
  const digest = hexOf(randomBytes(32));
  expect(recover(digest, key.sign(digest))).toBe(made.address);
  expect(key.privateKey).toBe(made.privateKey);
  expect(createSigner(key.privateKey).address).toBe(made.address);
});

test("the file and its folder are private, and no temporary file is left", async () => {
  const { folder, keys } = await newStore();
  await mkdir(folder, { mode: 0o755 });
  await keys.create({ name: "owner", ...generated });
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, "owner.json"))).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["owner.json"]);
});

test("neither the file nor an opened key in a log shows the private key", async () => {
  const { folder, keys } = await newStore();
  const key = await keys.create({ name: "owner", ...generated });
  const seen = `${await readFile(join(folder, "owner.json"), "utf8")}${inspect(key)}${JSON.stringify(key)}`;
  expect(seen).not.toContain(key.privateKey.slice(2));
});

test("ethers opens our files, with a password that a person chose too", async () => {
  const { folder, keys } = await newStore();
  const password = "pässwörd ﬁne";
  const key = await keys.create({ name: "owner", password });
  const text = await readFile(join(folder, "owner.json"), "utf8");
  const theirs = await decryptKeystoreJson(text, password);
  expect(theirs.privateKey).toBe(key.privateKey);
  expect(theirs.address.toLowerCase()).toBe(key.address);
  expect(JSON.parse(text)).toMatchObject({ crypto: { kdfparams: { n: 131_072, r: 8, p: 1 } } });
});

test("we open files of ethers, in place and imported", async () => {
  const { folder, keys } = await newStore();
  const password = "pässwörd ﬁne";
  const wallet = new Wallet(newPrivateKey());
  await mkdir(folder);
  const file = join(folder, "theirs.json");
  await writeFile(file, await encryptKeystoreJson(wallet, password, { scrypt: { N: 1024 } }));
  expect((await keys.open("theirs", password)).privateKey).toBe(wallet.privateKey);
  const copy = await keys.importFrom({ name: "copy", file, password });
  expect(copy.address).toBe(wallet.address.toLowerCase());
  expect((await keys.open("copy", password)).privateKey).toBe(wallet.privateKey);
});

test("a file without an address is imported, and named as damaged in the home, where nobody could list it", async () => {
  const { folder, keys } = await newStore();
  const wallet = new Wallet(newPrivateKey());
  const { address: _, ...bare } = JSON.parse(
    await encryptKeystoreJson(wallet, generated.password, { scrypt: { N: 1024 } }),
  ) as Record<string, unknown>;
  await mkdir(folder);
  const file = join(folder, "bare.json");
  await writeFile(file, JSON.stringify(bare));
  expect((await failure(keys.open("bare", generated.password))).code).toBe("key-damaged");
  const { privateKey } = await keys.importFrom({ name: "bare-2", file, password: generated.password });
  expect(privateKey).toBe(wallet.privateKey);
});

test("an existing key is imported", async () => {
  const { keys } = await newStore();
  const privateKey = newPrivateKey();
  await keys.import({ name: "mine", ...generated, privateKey });
  expect((await keys.open("mine", generated.password)).privateKey).toBe(privateKey);
});

test("a key is never overwritten", async () => {
  const { folder, keys } = await newStore();
  await keys.create({ name: "owner", ...generated });
  const before = await readFile(join(folder, "owner.json"), "utf8");
  expect((await failure(keys.create({ name: "owner", ...generated }))).code).toBe("key-exists");
  expect(await readFile(join(folder, "owner.json"), "utf8")).toBe(before);
});

test("of several that make one key at once, one succeeds and its key is the one kept", async () => {
  const { folder, keys } = await newStore();
  const results = await Promise.allSettled(
    Array.from({ length: 6 }, () => keys.create({ name: "owner", ...generated })),
  );
  const made = results.filter((result) => result.status === "fulfilled").map(({ value }) => value.address);
  const refused = results
    .filter((result) => result.status === "rejected")
    .map(({ reason }) => (reason as CortensorError).code);
  expect(made).toEqual([await keys.addressOf("owner")]);
  expect(refused).toEqual(Array(5).fill("key-exists"));
  expect(await readdir(folder)).toEqual(["owner.json"]);
});

test("a wrong password names the file and when the key was made", async () => {
  const { folder, keys } = await newStore();
  await keys.create({ name: "owner", ...generated });
  const error = await failure(keys.open("owner", "another"));
  expect(error.code).toBe("password-wrong");
  expect(shown(error)).toContain(`${join(folder, "owner.json")}, made 2 Nov 2025`);
});

test("a missing key names the file that is not there", async () => {
  const { folder, keys } = await newStore();
  for (const work of [() => keys.open("nobody", "x"), () => keys.addressOf("nobody")]) {
    const error = await failure(work());
    expect([error.code, shown(error)]).toEqual(["key-missing", expect.stringContaining(join(folder, "nobody.json"))]);
  }
});

test("a file with any one character changed is damaged or still gives the right key; the password is never blamed", async () => {
  const { folder, keys } = await newStore();
  const { address } = await keys.create({ name: "owner", ...generated });
  const text = await readFile(join(folder, "owner.json"), "utf8");
  const outcomes = new Set<string>();
  for (let at = 0; at < text.length; at += 7) {
    const changed = text.charAt(at) === "1" ? "2" : "1";
    await writeFile(join(folder, "owner.json"), text.slice(0, at) + changed + text.slice(at + 1));
    const outcome = await keys.open("owner", generated.password).then(
      (key) => key.address,
      (error: unknown) => (error as CortensorError).code,
    );
    outcomes.add(outcome);
  }
  expect([...outcomes].sort()).toEqual([address, "key-damaged"].sort());
});

test.each([
  ["empty", ""],
  ["not JSON", "{"],
  ["another JSON", "[1, 2]"],
  ["null", "null"],
  ["of version 1", '{"version": 1}'],
  ["asking for too much memory", { n: 2 ** 31 }],
  ["asking for more rounds than its block size carries", { n: 2 ** 18, r: 1 }],
  ["asking for no power of two", { n: 1000 }],
])("a file that is %s is damaged, and its name is told", async (_, content) => {
  const { folder, keys } = await newStore();
  await keys.create({ name: "owner", ...generated });
  const file = join(folder, "owner.json");
  const written = typeof content === "string" ? content : withKdfParams(await readFile(file, "utf8"), content);
  await writeFile(file, written);
  for (const work of [() => keys.open("owner", generated.password), () => keys.list(), () => keys.addressOf("owner")]) {
    const error = await failure(work());
    expect([error.code, shown(error)]).toEqual(["key-damaged", expect.stringContaining(file)]);
  }
});

test("a bare private key in place of a keystore file is not shown in the error", async () => {
  const { folder, keys } = await newStore();
  const privateKey = newPrivateKey();
  await mkdir(folder);
  const file = join(folder, "bare.json");
  await writeFile(file, privateKey);
  expect(inspect(await failure(keys.open("bare", "x")), { depth: 9 })).not.toContain(privateKey.slice(2, 8));
});

test("a file that says another address than its key's is damaged", async () => {
  const { folder, keys } = await newStore();
  await keys.create({ name: "owner", ...generated });
  const file = join(folder, "owner.json");
  const content = JSON.parse(await readFile(file, "utf8")) as { address: string; "x-cortensor"?: unknown };
  delete content["x-cortensor"];
  await writeFile(file, JSON.stringify({ ...content, address: "00".repeat(20) }));
  expect((await failure(keys.open("owner", generated.password))).code).toBe("key-damaged");
});

test("the list has every key by name with its address and date, without a password", async () => {
  const { folder, keys } = await newStore();
  expect(await keys.list()).toEqual([]);
  const miner = await keys.create({ name: "miner-1", ...generated });
  const owner = await keys.create({ name: "owner", ...generated });
  await writeFile(join(folder, ".owner.json.0123.tmp"), "half");
  await writeFile(join(folder, "notes.txt"), "mine");
  const createdAt = "2025-11-02T12:00:00.000Z";
  expect(await keys.list()).toEqual([
    { name: "miner-1", address: miner.address, createdAt },
    { name: "owner", address: owner.address, createdAt },
  ]);
  expect([await keys.has("owner"), await keys.has("nobody"), await keys.addressOf("owner")]).toEqual([
    true,
    false,
    owner.address,
  ]);
});

test.each(["../owner", "a/b", ".hidden", "", "a b", "x".repeat(65), "owner\n"])(
  "%j cannot be the name of a key",
  async (name) => {
    const { keys } = await newStore();
    expect((await failure(keys.create({ name, ...generated }))).code).toBe("option-value");
    expect((await failure(keys.open(name, "x"))).code).toBe("option-value");
  },
);

test("an export is a private copy that imports elsewhere, and overwrites nothing", async () => {
  const { folder, keys } = await newStore();
  const { password } = generated;
  const { address } = await keys.create({ name: "owner", ...generated });
  const file = join(folder, "..", "backup.json");
  await keys.exportTo({ name: "owner", file, password });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await failure(keys.exportTo({ name: "owner", file, password }))).code).toBe("key-exists");
  const elsewhere = new KeyStore({ folder: join(folder, "..", "other") });
  expect((await elsewhere.importFrom({ name: "owner", file, password })).address).toBe(address);
});

test("an export needs the password, and a folder that exists", async () => {
  const { folder, keys } = await newStore();
  await keys.create({ name: "owner", ...generated });
  const file = join(folder, "..", "backup.json");
  expect((await failure(keys.exportTo({ name: "owner", file, password: "another" }))).code).toBe("password-wrong");
  await expect(stat(file)).rejects.toThrow("ENOENT");
  const lost = join(folder, "..", "nowhere", "backup.json");
  const error = await failure(keys.exportTo({ name: "owner", file: lost, password: generated.password }));
  expect([error.code, error.message]).toEqual(["config-invalid", expect.stringContaining(lost)]);
});

test("a wrong private key leaves nothing behind", async () => {
  const { keys } = await newStore();
  expect((await failure(keys.create({ name: "owner", ...generated, privateKey: "0x12" }))).code).toBe("key-invalid");
  expect(await keys.list()).toEqual([]);
});
