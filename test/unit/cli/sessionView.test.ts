import { describe, expect, test } from "vitest";
import type { SessionState } from "../../../src/chain/interface.ts";
import type { Told } from "../../../src/cli/sessions/collectSessions.ts";
import { findSession, sessionViews } from "../../../src/cli/sessions/sessionView.ts";
import type { Hex } from "../../../src/util/types.ts";
import { addressOf, wei } from "../../support/statusFixtures.ts";

const ID: Hex = `0x${"ab".repeat(32)}`;
const OTHER: Hex = `0xabcd${"00".repeat(30)}`;

function told(patch: Partial<Told> = {}): Told {
  return {
    id: ID,
    node: "router-1",
    role: "pays",
    payer: addressOf("c"),
    signer: addressOf("c"),
    payee: addressOf("a"),
    recipient: addressOf("b"),
    expiry: 1_800_000_000,
    cumulative_wei: wei(2),
    ...patch,
  };
}

function state(patch: Partial<SessionState> = {}): Map<Hex, SessionState> {
  return new Map([
    [ID, { depositWei: BigInt(wei(10)), redeemedWei: BigInt(wei(0.5)), closesAt: 0, ended: false, ...patch }],
  ]);
}

describe("a session", () => {
  test("that both ends tell of is one, and its highest voucher counts", () => {
    const parts = [told(), told({ node: "miner-1", role: "earns", cumulative_wei: wei(1.5) })];
    expect(sessionViews(parts, state())).toMatchObject([
      {
        id: ID,
        state: "open",
        voucher_cor: "2",
        deposit_cor: "10",
        redeemed_cor: "0.5",
        waiting_cor: "1.5",
        closes_at: null,
        expires_at: "2027-01-15T08:00:00.000Z",
        nodes: [
          { name: "router-1", role: "pays", voucher_cor: "2" },
          { name: "miner-1", role: "earns", voucher_cor: "1.5" },
        ],
      },
    ]);
  });

  test.each([
    [{ closesAt: 1_790_000_000 }, { state: "closing", closes_at: "2026-09-21T14:13:20.000Z", waiting_cor: "1.5" }],
    [{ ended: true }, { state: "ended", waiting_cor: "0" }],
    [{ depositWei: 10n ** 18n }, { waiting_cor: "0.5" }],
    [{ redeemedWei: 3n * 10n ** 18n }, { waiting_cor: "0" }],
  ])("with %o on the chain is %o", (patch, expected) => {
    expect(sessionViews([told()], state(patch))).toMatchObject([expected]);
  });

  test("that the chain does not know was never opened; while the chain is away nothing is said of it", () => {
    expect(sessionViews([told()], new Map())).toMatchObject([{ state: "unopened", deposit_cor: null }]);
    expect(sessionViews([told()], undefined)).toMatchObject([{ state: null, deposit_cor: null, voucher_cor: "2" }]);
  });

  test("is found by any beginning of its id that is its alone", () => {
    const views = sessionViews([told(), told({ id: OTHER })], undefined);
    for (const word of [ID, "s_abab", "0xABAB", "abab"]) expect(findSession(word, views).id).toBe(ID);
    expect(() => findSession("s_ab", views)).toThrow("2 sessions begin with s_ab");
    expect(() => findSession("s_ff", views)).toThrow("no session s_ff is known here");
    expect(() => findSession("first", views)).toThrow("no session first is known here");
  });
});
