import { describe, expect, test, vi } from "vitest";
import type { StatusSnapshot } from "../../../src/observability/snapshot.ts";
import { Feed } from "../../../src/tui/feed.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { snapshotOf } from "../../support/statusFixtures.ts";

function feedOf(read: () => Promise<StatusSnapshot>, intervalMs = 2000) {
  const clock = new FakeClock();
  return { clock, feed: new Feed({ read, intervalMs }, { clock }) };
}

describe("a feed", () => {
  test("reads once an interval after each answer, and the clock goes on between", async () => {
    const read = vi.fn(async () => snapshotOf());
    const { clock, feed } = feedOf(read);
    const seen: number[] = [];
    await feed.start();
    feed.subscribe(() => seen.push(feed.picture().now - feed.picture().updatedAt));
    await clock.pass(4000);
    expect(read).toHaveBeenCalledTimes(3);
    expect(seen).toContain(1000);
    await feed.stop();
  });

  test("keeps the last snapshot, and says why, when a reading fails", async () => {
    const read = vi
      .fn()
      .mockResolvedValueOnce(snapshotOf())
      .mockRejectedValueOnce(new Error("gone"))
      .mockResolvedValue(snapshotOf());
    const { clock, feed } = feedOf(read);
    await feed.start();
    const first = feed.picture();
    await clock.pass(2000);
    expect(feed.picture()).toMatchObject({ snapshot: first.snapshot, updatedAt: first.updatedAt, failure: "gone" });
    await clock.pass(2000);
    expect(feed.picture()).toMatchObject({ updatedAt: clock.now(), failure: undefined });
    await feed.stop();
  });

  test("looks again at once, and once more after a reading that is under way", async () => {
    const answers: ((snapshot: StatusSnapshot) => void)[] = [];
    const read = vi.fn(() => new Promise<StatusSnapshot>((resolve) => answers.push(resolve)));
    const { clock, feed } = feedOf(read);
    const started = feed.start();
    feed.lookNow();
    feed.lookNow();
    expect(read).toHaveBeenCalledTimes(1);
    answers[0]?.(snapshotOf());
    await started;
    await clock.pass(0);
    expect(read).toHaveBeenCalledTimes(2);
    answers[1]?.(snapshotOf());
    await clock.pass(0);
    feed.lookNow();
    expect(read).toHaveBeenCalledTimes(3);
    await feed.stop();
  });

  test("stopped, it leaves no timer and hears no late answer", async () => {
    const answer = Promise.withResolvers<StatusSnapshot>();
    const { clock, feed } = feedOf(() => answer.promise);
    const started = feed.start();
    await feed.stop();
    answer.resolve(snapshotOf());
    await started;
    expect(feed.picture().snapshot).toBeUndefined();
    expect(clock.waiting).toBe(0);
    await feed.stop();
  });
});
