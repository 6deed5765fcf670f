import { expect, test } from "vitest";
import { Allowance } from "../../../src/audit/allowance.ts";
import type { Address } from "../../../src/util/types.ts";
import { FakeClock } from "../../support/fakeClock.ts";

const peer = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
const rate = { bytesPerSecond: 100, burstBytes: 1000 };

test("a peer gets its burst, and then what comes with time, whatever others take", async () => {
  const clock = new FakeClock();
  const allowance = new Allowance(rate, clock);
  allowance.take(peer(1), 999);
  expect(allowance.has(peer(1))).toBe(true);
  allowance.take(peer(1), 201);
  expect([allowance.has(peer(1)), allowance.has(peer(2))]).toEqual([false, true]);
  await clock.pass(2000);
  expect(allowance.has(peer(1))).toBe(false);
  await clock.pass(10);
  expect(allowance.has(peer(1))).toBe(true);
  await clock.pass(1_000_000);
  allowance.take(peer(1), 1000);
  expect(allowance.has(peer(1))).toBe(false);
});

test("of very many peers those that were served last are remembered", () => {
  const allowance = new Allowance(rate, new FakeClock());
  for (let n = 0; n < 1030; n += 1) allowance.take(peer(n), 2000);
  expect([allowance.has(peer(0)), allowance.has(peer(6)), allowance.has(peer(1029))]).toEqual([true, false, false]);
});
