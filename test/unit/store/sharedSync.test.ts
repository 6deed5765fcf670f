import { expect, test } from "vitest";
import { SharedSync } from "../../../src/store/sharedSync.ts";

/** Syncs that end when the test says so. */
function setUp() {
  const running: PromiseWithResolvers<void>[] = [];
  const shared = new SharedSync(() => {
    const one = Promise.withResolvers<void>();
    running.push(one);
    return one.promise;
  });
  const log: string[] = [];
  const write = (name: string): void =>
    void shared.after().then(
      () => log.push(name),
      () => log.push(`${name} failed`),
    );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { running, log, write, turn };
}

test("what is written during a sync waits for the next one, which all of it shares", async () => {
  const { running, log, write, turn } = setUp();
  write("first");
  write("second");
  write("third");
  expect(running).toHaveLength(1);
  running[0]?.resolve();
  await turn();
  expect(log).toEqual(["first"]);
  expect(running).toHaveLength(2);
  running[1]?.resolve();
  await turn();
  expect(log).toEqual(["first", "second", "third"]);
  write("fourth");
  expect(running).toHaveLength(3);
});

test("a sync that fails is told to all that waited for it", async () => {
  const { running, log, write, turn } = setUp();
  write("first");
  write("second");
  running[0]?.reject(new Error("the disk is gone"));
  await turn();
  expect(log).toEqual(["first failed", "second failed"]);
});
