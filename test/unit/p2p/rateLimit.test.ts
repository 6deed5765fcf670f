import { expect, test } from "vitest";
import { PeerBuckets, TokenBucket } from "../../../src/p2p/rateLimit.ts";
import type { Address } from "../../../src/util/types.ts";
import { FakeClock } from "../../support/fakeClock.ts";

const rate = { bytesPerSecond: 1000, burstBytes: 5000 };
const addressOf = (node: number): Address => `0x${node.toString(16).padStart(40, "0")}`;

test("a burst is allowed, then only what time has earned, never more than a burst", async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket(rate, clock);
  expect([bucket.take(5000), bucket.take(1)]).toEqual([true, false]);
  await clock.pass(500);
  expect([bucket.take(501), bucket.take(500)]).toEqual([false, true]);
  await clock.pass(3_600_000);
  expect([bucket.isFull, bucket.take(5001), bucket.take(5000)]).toEqual([true, false, true]);
});

test("a clock set back earns nothing and takes nothing away", () => {
  let now = 10_000;
  const bucket = new TokenBucket(rate, { now: () => now, after: () => () => undefined });
  bucket.take(4000);
  now = 0;
  expect([bucket.take(1001), bucket.take(1000)]).toEqual([false, true]);
});

test("a peer's bucket outlives its streams, and those of idle peers are forgotten", async () => {
  const clock = new FakeClock();
  const buckets = new PeerBuckets(rate, clock);
  const first = buckets.of(addressOf(0));
  expect(first.take(5000)).toBe(true);
  for (let node = 1; node < 1000; node += 1) buckets.of(addressOf(node));
  expect(buckets.of(addressOf(0))).toBe(first);
  await clock.pass(10_000);
  for (let node = 1000; node < 3000; node += 1) buckets.of(addressOf(node));
  expect(buckets.of(addressOf(0))).not.toBe(first);
});
