import { describe, expect, it } from "vitest";
import { AsyncQueue } from "../../../src/util/asyncQueue.ts";

describe("a queue", () => {
  it("gives its items in order, those that wait and those that come, until it ends", async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.push(2);
    const got: number[] = [];
    const reading = (async () => {
      for await (const item of queue) got.push(item);
    })();
    await Promise.resolve();
    queue.push(3);
    queue.end();
    queue.push(4);
    await reading;
    expect(got).toEqual([1, 2, 3]);
    expect(await queue.take()).toBeUndefined();
  });

  it("gives what is queued before its error, and only the first error", async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.fail(new Error("first"));
    queue.fail(new Error("second"));
    expect(await queue.take()).toBe(1);
    await expect(queue.take()).rejects.toThrow("first");
  });

  it("wakes a reader that waits, for an item, an end or an error", async () => {
    const queue = new AsyncQueue<number>();
    const first = queue.take();
    queue.push(7);
    expect(await first).toBe(7);
    const failing = queue.take();
    queue.fail(new Error("gone"));
    await expect(failing).rejects.toThrow("gone");
    const ended = new AsyncQueue<number>();
    const last = ended.take();
    ended.end();
    expect(await last).toBeUndefined();
  });

  it("tells when nothing came in time, and goes on", async () => {
    const queue = new AsyncQueue<number>();
    expect(await queue.take(1)).toBe("late");
    queue.push(1);
    expect(await queue.take(1)).toBe(1);
    expect(await queue.take(0)).toBe("late");
  });
});
