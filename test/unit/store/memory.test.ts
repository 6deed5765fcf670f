import { expect, test } from "vitest";
import { openStore } from "../../../src/store/index.ts";
import type { Store } from "../../../src/store/interface.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { type StoreUnderTest, storeSuite } from "../../support/storeSuite.ts";

async function started(store: Store): Promise<StoreUnderTest> {
  await store.start();
  return {
    store,
    reopen: async () => {
      await store.stop();
      return await started(store);
    },
  };
}

storeSuite("the store in memory", () => started(openStore({ file: "memory" })));

test("a kill leaves what was acknowledged, and every call of a turn whole or not at all", async () => {
  const store = new MemoryStore();
  await store.start();
  const value = Uint8Array.of(1);
  await store.write([{ table: "t", key: "a", value }]);
  const synced = store.write([
    { table: "t", key: "a", value: undefined },
    { table: "t", key: "b", value },
  ]);
  expect(Array.from(store.afterKill().scan("t"), ([key]) => key)).toEqual(["a"]);
  await synced;
  expect(Array.from(store.afterKill().scan("t"), ([key]) => key)).toEqual(["b"]);
});
