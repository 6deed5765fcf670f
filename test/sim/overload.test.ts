import { onTestFinished, expect, test } from "vitest";
import type { CortensorError } from "../../src/errors/cortensorError.ts";
import { RoleNetwork } from "../support/roleNetwork.ts";

const SLOTS = 4;
/** One answer takes 1.2 s. */
const ANSWER = { script: "rate=50,length=60", slots: SLOTS };
const ANSWER_MS = 1200;
const OVERLOAD = 10;
const SECONDS = 6;

async function warm(): Promise<RoleNetwork> {
  const network = await RoleNetwork.create();
  onTestFinished(() => network.stop());
  await network.addMiner({ ...ANSWER, exposureWei: 10n ** 18n });
  // Until the router has learned how many orders at once the miner takes.
  for (let round = 1; round <= SLOTS; round += 1) await Promise.all(Array.from({ length: round }, () => network.ask()));
  return network;
}

function p99(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
}

test("at ten times what the network can do, who is let in waits little and the rest is told at once", {
  timeout: 60_000,
}, async () => {
  const network = await warm();
  const timed = async (): Promise<number> => {
    const begun = performance.now();
    await network.ask();
    return performance.now() - begun;
  };
  const unloaded = await Promise.all(Array.from({ length: SLOTS }, timed));

  const perSecond = (OVERLOAD * SLOTS * 1000) / ANSWER_MS;
  const refused: { afterMs: number; code: string; retryAfterS: unknown }[] = [];
  const answered: number[] = [];
  let [atOnce, most] = [0, 0];
  const one = async (): Promise<void> => {
    const begun = performance.now();
    atOnce += 1;
    try {
      answered.push(await timed());
    } catch (error) {
      const { code, details } = error as CortensorError;
      refused.push({ afterMs: performance.now() - begun, code, retryAfterS: details.data?.retryAfterS });
    }
    atOnce -= 1;
  };
  const all: Promise<void>[] = [];
  const begun = performance.now();
  while (performance.now() - begun < SECONDS * 1000) {
    const due = ((performance.now() - begun) / 1000) * perSecond;
    while (all.length < due) all.push(one());
    // What is let in and not yet answered: it must not grow with the time.
    most = Math.max(most, atOnce);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(all);

  expect(p99(answered)).toBeLessThanOrEqual(2 * p99(unloaded));
  expect(most).toBeLessThanOrEqual(2 * SLOTS);
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["rate-limited"]));
  expect(p99(refused.map(({ afterMs }) => afterMs))).toBeLessThan(50);
  expect(refused.every(({ retryAfterS }) => typeof retryAfterS === "number" && retryAfterS >= 1)).toBe(true);
  // The slots are busy all the time: what was refused could not have been served.
  expect(answered.length).toBeGreaterThan(0.8 * ((SECONDS * SLOTS * 1000) / ANSWER_MS));
});

test("a client that leaves stops the engine within one token", async () => {
  const network = await RoleNetwork.create();
  onTestFinished(() => network.stop());
  const { work } = await network.addMiner({ script: "rate=100,length=1000" });
  const left = new AbortController();
  let leftAt = 0;
  for await (const event of network.router.answer(network.request(), left.signal)) {
    if (event.type !== "text" || left.signal.aborted) continue;
    if (work.facts().outputTokensTotal < 20) continue;
    leftAt = work.facts().outputTokensTotal;
    left.abort();
  }
  const stopped = work.facts().outputTokensTotal;
  expect(leftAt).toBeGreaterThanOrEqual(20);
  expect(stopped - leftAt).toBeLessThanOrEqual(1);
  // Ten tokens' time later there is still no more.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(work.facts().outputTokensTotal).toBe(stopped);
});
