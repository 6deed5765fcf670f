import * as fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ScanOptions, Store, Write } from "../../src/store/interface.ts";

/** A started store, and a way to stop it and start one over the same rows. */
export interface StoreUnderTest {
  readonly store: Store;
  reopen(): Promise<StoreUnderTest>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value);
const put = (key: string, value = key, table = "t"): Write => ({ table, key, value: bytes(value) });
const remove = (key: string, table = "t"): Write => ({ table, key, value: undefined });
const keysOf = (store: Store, options?: ScanOptions, table = "t") =>
  Array.from(store.scan(table, options), ([key]) => key);

/** What every store promises. `open` is called for each test. */
export function storeSuite(name: string, open: () => Promise<StoreUnderTest>): void {
  async function opened(): Promise<Store> {
    const { store } = await open();
    onTestFinished(() => store.stop());
    return store;
  }

  describe(name, () => {
    describe("rows", () => rowTests(opened));
    describe("scans", () => scanTests(opened));
    describe("life", () => lifeTests(open));
    test("behaves as a sorted map, also after it is opened anew", () => modelTest(open));
  });
}

function rowTests(opened: () => Promise<Store>): void {
  test("a row is read as soon as write has returned, before it is synced", async () => {
    const store = await opened();
    const synced = store.write([put("a", "1")]);
    expect(text(store.get("t", "a"))).toBe("1");
    expect(keysOf(store)).toEqual(["a"]);
    await synced;
    expect(text(store.get("t", "a"))).toBe("1");
  });

  test("a row that was never written is undefined", async () => {
    const store = await opened();
    expect(store.get("t", "a")).toBeUndefined();
    expect(keysOf(store)).toEqual([]);
  });

  test("later writes replace, undefined deletes, and deleting nothing is fine", async () => {
    const store = await opened();
    await store.write([put("a", "1"), put("b", "1"), put("a", "2"), remove("b"), remove("c")]);
    expect([text(store.get("t", "a")), store.get("t", "b")]).toEqual(["2", undefined]);
    await store.write([remove("a")]);
    expect(keysOf(store)).toEqual([]);
  });

  test("tables are apart", async () => {
    const store = await opened();
    await store.write([put("a", "1", "one"), put("a", "2", "two"), remove("a", "three")]);
    expect([text(store.get("one", "a")), text(store.get("two", "a")), store.get("on", "ea")]).toEqual([
      "1",
      "2",
      undefined,
    ]);
    expect([keysOf(store, {}, "one"), keysOf(store, {}, "three")]).toEqual([["a"], []]);
  });

  test("an empty value is a row", async () => {
    const store = await opened();
    await store.write([put("a", "")]);
    expect(store.get("t", "a")).toEqual(new Uint8Array());
    expect([...store.scan("t")]).toEqual([["a", new Uint8Array()]]);
  });

  test("large and binary values come back whole", async () => {
    const store = await opened();
    const value = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256);
    await store.write([{ table: "t", key: "a", value }]);
    expect(Buffer.compare(store.get("t", "a") ?? new Uint8Array(), value)).toBe(0);
  });

  test("changing bytes that were written or read changes no row", async () => {
    const store = await opened();
    const value = bytes("abc");
    const synced = store.write([{ table: "t", key: "a", value }]);
    value.fill(0);
    store.get("t", "a")?.fill(0);
    for (const [, read] of store.scan("t")) read.fill(0);
    await synced;
    expect(text(store.get("t", "a"))).toBe("abc");
  });

  test.each(["", "a\0b", "\ud800"])("a write with the key %j is refused whole", async (key) => {
    const store = await opened();
    await expect(store.write([put("good"), put(key)])).rejects.toThrow("cannot name");
    expect(store.get("t", "good")).toBeUndefined();
  });

  test("a refused write leaves the others of its turn alone", async () => {
    const store = await opened();
    const results = await Promise.allSettled([
      store.write([put("a")]),
      store.write([put("")]),
      store.write([put("b")]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(keysOf(store)).toEqual(["a", "b"]);
  });
}

function scanTests(opened: () => Promise<Store>): void {
  test("keys come in the order of their UTF-8 bytes, which is not that of JavaScript", async () => {
    const store = await opened();
    const keys = ["\u{1f600}", "\uffee", "\ud7ff", "é", "z", "B", "a", "10", "9", "a\u0001", "ab"];
    await store.write(keys.map((key) => put(key)));
    const sorted = ["10", "9", "B", "a", "a\u0001", "ab", "z", "é", "\ud7ff", "\uffee", "\u{1f600}"];
    expect(keysOf(store)).toEqual(sorted);
    expect(keysOf(store, { reverse: true })).toEqual(sorted.toReversed());
  });

  test("a prefix takes the keys that begin with it, the last code points too", async () => {
    const store = await opened();
    const keys = [
      "a",
      "a\u{10ffff}",
      "a\u{10ffff}b",
      "b",
      "\u{10ffff}",
      "\u{10ffff}\u{10ffff}",
      "\ud7ff",
      "\ud7ffx",
      "\ue000",
    ];
    await store.write(keys.map((key) => put(key)));
    expect(keysOf(store, { prefix: "a" })).toEqual(["a", "a\u{10ffff}", "a\u{10ffff}b"]);
    expect(keysOf(store, { prefix: "a\u{10ffff}" })).toEqual(["a\u{10ffff}", "a\u{10ffff}b"]);
    expect(keysOf(store, { prefix: "\u{10ffff}" })).toEqual(["\u{10ffff}", "\u{10ffff}\u{10ffff}"]);
    expect(keysOf(store, { prefix: "\ud7ff" })).toEqual(["\ud7ff", "\ud7ffx"]);
    expect(keysOf(store, { prefix: "c" })).toEqual([]);
  });

  test("limit counts from the end that the scan begins at", async () => {
    const store = await opened();
    await store.write(["a1", "a2", "a3", "b1"].map((key) => put(key)));
    expect(keysOf(store, { limit: 2 })).toEqual(["a1", "a2"]);
    expect(keysOf(store, { prefix: "a", limit: 2, reverse: true })).toEqual(["a3", "a2"]);
    expect([keysOf(store, { limit: 0 }), keysOf(store, { limit: 9 })]).toEqual([[], ["a1", "a2", "a3", "b1"]]);
  });

  test("a scan of thousands of rows has each once, both ways, and can be repeated", async () => {
    const store = await opened();
    const keys = Array.from({ length: 1500 }, (_, n) => `k${String(n).padStart(5, "0")}`);
    await store.write(keys.map((key) => put(key)));
    const scan = store.scan("t");
    expect(Array.from(scan, ([key]) => key)).toEqual(keys);
    expect(Array.from(scan, ([key]) => key)).toEqual(keys);
    expect(keysOf(store, { reverse: true, limit: 1400 })).toEqual(keys.toReversed().slice(0, 1400));
    expect(keysOf(store, { prefix: "k00", limit: 600 })).toEqual(keys.slice(0, 600));
  });

  test("rows may be written and deleted during a scan", async () => {
    const store = await opened();
    const keys = Array.from({ length: 600 }, (_, n) => `k${String(n).padStart(5, "0")}`);
    await store.write(keys.map((key) => put(key)));
    const seen: string[] = [];
    for (const [key] of store.scan("t")) {
      seen.push(key);
      await store.write([remove(key), put(`a${key}`)]);
    }
    expect(seen).toEqual(keys);
    expect(keysOf(store, { prefix: "k" })).toEqual([]);
  });

  test("two scans at once do not disturb each other", async () => {
    const store = await opened();
    await store.write(["a", "b", "c"].map((key) => put(key)));
    const pairs = keysOf(store).map((one) => keysOf(store).map((other) => one + other));
    expect(pairs.flat()).toEqual(["aa", "ab", "ac", "ba", "bb", "bc", "ca", "cb", "cc"]);
  });
}

function lifeTests(open: () => Promise<StoreUnderTest>): void {
  test("rows are there after the store is opened anew", async () => {
    const { store, reopen } = await open();
    await store.write([put("a", "1")]);
    const again = await reopen();
    onTestFinished(() => again.store.stop());
    expect(text(again.store.get("t", "a"))).toBe("1");
  });

  test("stop syncs what is still unsynced and resolves it", async () => {
    const { store, reopen } = await open();
    const synced = Promise.all([store.write([put("a")]), store.write([put("b")])]);
    await store.stop();
    await synced;
    const again = await reopen();
    onTestFinished(() => again.store.stop());
    expect(keysOf(again.store)).toEqual(["a", "b"]);
  });

  test("nothing can be read or written after stop, and stop may be called again", async () => {
    const { store } = await open();
    await store.stop();
    await store.stop();
    await expect(store.write([put("a")])).rejects.toThrow("not open");
    expect(() => store.get("t", "a")).toThrow("not open");
    expect(() => [...store.scan("t")]).toThrow("not open");
  });

  test("a second start changes nothing", async () => {
    const { store } = await open();
    onTestFinished(() => store.stop());
    await store.write([put("a")]);
    await store.start();
    expect(keysOf(store)).toEqual(["a"]);
  });

  test("a start that was called off does not open", async () => {
    const { store } = await open();
    await store.stop();
    await expect(store.start(AbortSignal.abort())).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    expect(() => store.get("t", "a")).toThrow("not open");
  });
}

const someKey = fc.oneof(
  fc.constantFrom("a", "aa", "ab", "b", "a\u{10ffff}", "\ud7ff", "\ue000", "\u{10ffff}"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }).filter((key) => !key.includes("\0")),
);
const someWrite = fc.record({
  table: fc.constantFrom("t", "u"),
  key: someKey,
  value: fc.option(fc.uint8Array({ maxLength: 8 }), { nil: undefined }),
});
const someScan = fc.record(
  { prefix: fc.oneof(fc.constant(""), someKey), after: someKey, limit: fc.nat(5), reverse: fc.boolean() },
  { requiredKeys: ["prefix", "limit", "reverse"] },
);
const someStep = fc.record({ writes: fc.array(someWrite, { maxLength: 6 }), scan: someScan, reopened: fc.boolean() });

/** Against the plainest possible model. */
async function modelTest(open: () => Promise<StoreUnderTest>): Promise<void> {
  const property = fc.asyncProperty(fc.array(someStep, { maxLength: 8 }), async (steps) => {
    let current = await open();
    const model = new Map<string, Write>();
    for (const { writes, scan, reopened } of steps) {
      const synced = current.store.write(writes);
      for (const write of writes) model.set(`${write.table}/${write.key}`, write);
      expect([...current.store.scan("t", scan)]).toEqual(expected(model, scan));
      if (reopened) current = await current.reopen();
      await synced;
      expect([...current.store.scan("t", scan)]).toEqual(expected(model, scan));
    }
    await current.store.stop();
  });
  await fc.assert(property, { numRuns: 40 });
}

function expected(
  model: ReadonlyMap<string, Write>,
  { prefix, after, limit, reverse }: { prefix: string; after?: string; limit: number; reverse: boolean },
) {
  const rows = [...model.values()]
    .filter(({ table, key, value }) => table === "t" && value !== undefined && key.startsWith(prefix))
    .filter(({ key }) => after === undefined || byBytes(key, after) === (reverse ? -1 : 1))
    .sort((one, other) => byBytes(one.key, other.key));
  if (reverse) rows.reverse();
  return rows.slice(0, limit).map(({ key, value }) => [key, value]);
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
