import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../../src/store/index.ts";
import type { Store, Write } from "../../../src/store/interface.ts";
import { type StoreUnderTest, storeSuite } from "../../support/storeSuite.ts";

async function newFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cortensor-store-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "node", "store.sqlite");
}

async function started(file: string): Promise<StoreUnderTest> {
  const store = openStore({ file });
  await store.start();
  return {
    store,
    reopen: async () => {
      await store.stop();
      return await started(file);
    },
  };
}

async function opened(file: string): Promise<Store> {
  const { store } = await started(file);
  onTestFinished(() => store.stop());
  return store;
}

const put = (key: string, length = 10): Write => ({ table: "t", key, value: new Uint8Array(length).fill(7) });

storeSuite("the store in SQLite", async () => await started(await newFile()));

test("the file and its side files are private", async () => {
  const file = await newFile();
  await (await opened(file)).write([put("a")]);
  const modes = await Promise.all(
    [file, `${file}-wal`, join(file, "..")].map(async (path) => (await stat(path)).mode & 0o777),
  );
  expect(modes).toEqual([0o600, 0o600, 0o700]);
});

/** The commits in a write-ahead log: frames that carry the size of the database after them. */
async function commitsIn(file: string): Promise<number> {
  const log = await readFile(`${file}-wal`);
  const frameBytes = 24 + log.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
    const ofThisLog =
      log.compare(log, at + 8, at + 16, 16, 24) === 0 || log.subarray(at + 8, at + 16).equals(log.subarray(16, 24));
    if (ofThisLog && log.readUInt32BE(at + 4) > 0) commits += 1;
  }
  return commits;
}

test("the writes of one event-loop turn share one commit, those of three turns take three", async () => {
  const file = await newFile();
  const store = await opened(file);
  const before = await commitsIn(file);
  await Promise.all(Array.from({ length: 100 }, (_, n) => store.write([put(`a${n}`)])));
  expect((await commitsIn(file)) - before).toBe(1);
  for (const key of ["b", "c"]) await store.write([put(key)]);
  expect((await commitsIn(file)) - before).toBe(3);
});

test("a second store on the file is refused as in use, names it, and leaves the first working", async () => {
  const file = await newFile();
  const store = await opened(file);
  await expect(openStore({ file }).start()).rejects.toMatchObject({
    code: "home-in-use",
    message: expect.stringContaining(file),
  });
  await store.write([put("a")]);
  await store.stop();
  expect((await opened(file)).get("t", "a")).toBeDefined();
});

test("a store that another process has open is refused as in use", async () => {
  const file = await newFile();
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../support/storeWriter.ts"), file, "1"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  await once(child.stdout, "data");
  await expect(openStore({ file }).start()).rejects.toMatchObject({ code: "home-in-use" });
});

test.each([
  [
    "text",
    async (file: string) =>
      await writeFile(file, "this is no database, but it is long enough to be looked at ".repeat(40)),
  ],
  [
    "a database of another program",
    async (file: string) => {
      const db = new DatabaseSync(file);
      db.exec("CREATE TABLE mine (id)");
      db.close();
    },
  ],
  [
    "a store of a later format",
    async (file: string) => {
      await (await started(file)).store.stop();
      const db = new DatabaseSync(file);
      db.exec("PRAGMA user_version = 2");
      db.close();
    },
  ],
  [
    "a store with its header overwritten",
    async (file: string) => {
      await (await started(file)).store.stop();
      const content = await readFile(file);
      await writeFile(file, content.fill(0xaa, 0, 64));
    },
  ],
])("%s is refused as damaged, named, and left as it is", async (_, damage) => {
  const file = join(await newFile(), "..", "..", "store.sqlite");
  await damage(file);
  const before = await readFile(file);
  await expect(openStore({ file }).start()).rejects.toMatchObject({
    code: "home-damaged",
    message: expect.stringContaining(file),
  });
  expect((await readFile(file)).equals(before)).toBe(true);
});

test("a store that lost its end says so when the missing rows are read", async () => {
  const file = await newFile();
  const { store } = await started(file);
  await store.write(Array.from({ length: 200 }, (_, n) => put(`k${n}`, 1000)));
  await store.stop();
  await truncate(file, Math.floor((await stat(file)).size / 2 / 4096) * 4096);
  const read = async () => [...(await opened(file)).scan("t")];
  await expect(read()).rejects.toMatchObject({ code: "home-damaged", message: expect.stringContaining(file) });
});

test("a folder in place of the file is refused by name", async () => {
  const file = join(await newFile(), "..", "..");
  await expect(openStore({ file }).start()).rejects.toMatchObject({
    code: "home-damaged",
    message: expect.stringContaining(file),
  });
});
