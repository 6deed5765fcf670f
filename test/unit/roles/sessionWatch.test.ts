import { describe, expect, test } from "vitest";
import type { Chain, SessionState } from "../../../src/chain/interface.ts";
import type { MinerLedger } from "../../../src/miner/ledger.ts";
import { SessionWatch } from "../../../src/miner/sessionWatch.ts";
import { FakeClock } from "../../support/fakeClock.ts";

const ID = `0x${"11".repeat(32)}` as const;
const OPEN: SessionState = { depositWei: 10n, redeemedWei: 0n, closesAt: 0, ended: false };

/** A watch over a chain whose answers the test gives. */
function watching() {
  const clock = new FakeClock();
  const answers: PromiseWithResolvers<SessionState | undefined>[] = [];
  const chain = {
    parameters: { closeDelaySeconds: 600 },
    session: () => {
      const answer = Promise.withResolvers<SessionState | undefined>();
      answers.push(answer);
      return answer.promise;
    },
  } as unknown as Chain;
  return { clock, answers, watch: new SessionWatch({ chain, clock, ledger: {} as MinerLedger }) };
}

describe("a session that was seen", () => {
  async function seen() {
    const parts = watching();
    const first = parts.watch.look(ID);
    parts.answers[0]?.resolve(OPEN);
    expect(await first).toBe(OPEN);
    return parts;
  }

  test("is not read again for 15 s", async () => {
    const { clock, answers, watch } = await seen();
    await clock.pass(14_999);
    expect(await watch.look(ID)).toBe(OPEN);
    expect(answers).toHaveLength(1);
  });

  test("holds no order up when the chain does not answer, and is read by one call at a time", async () => {
    const { clock, answers, watch } = await seen();
    await clock.pass(20_000);
    const looks = [watch.look(ID), watch.look(ID)];
    await clock.pass(250);
    expect(await Promise.all(looks)).toEqual([OPEN, OPEN]);
    expect(answers).toHaveLength(2);
    const closing = { ...OPEN, closesAt: 9 };
    answers[1]?.resolve(closing);
    await answers[1]?.promise;
    expect(await watch.look(ID)).toBe(closing);
  });

  test("holds when the chain refuses to answer, for half of the close delay", async () => {
    const { clock, answers, watch } = await seen();
    await clock.pass(299_999);
    const look = watch.look(ID);
    answers[1]?.reject(new Error("away"));
    expect(await look).toBe(OPEN);
    await clock.pass(1);
    const late = watch.look(ID);
    answers[2]?.reject(new Error("away"));
    await expect(late).rejects.toThrow("away");
  });
});

test("a session that was never seen is waited for", async () => {
  const { clock, answers, watch } = watching();
  const look = watch.look(ID);
  await clock.pass(5000);
  answers[0]?.resolve(undefined);
  expect(await look).toBeUndefined();
});
