import { describe, expect, test } from "vitest";
import type { ProcessStatus } from "../../../../src/observability/snapshot.ts";
import type { UnreachableNode } from "../../../../src/fleet/status/unreachableNode.ts";
import {
  addressOf,
  busyFacts,
  factsOf,
  NOW,
  peerOf,
  snapshotOf,
  STARTED,
  wei,
} from "../../../support/statusFixtures.ts";

function lost(patch: Partial<UnreachableNode> = {}): UnreachableNode {
  return {
    name: "miner-1",
    role: "miner",
    network: "local",
    address: addressOf("a"),
    owner: addressOf("b"),
    why: "gone",
    pid: null,
    since: "2025-11-22T14:00:00.000Z",
    ...patch,
  };
}

function processOf(patch: Partial<ProcessStatus> = {}): ProcessStatus {
  return {
    name: "miner-1",
    role: "miner",
    pid: 4121,
    state: "serving",
    restarts: 0,
    uptime_s: 60,
    cpu: 0.1,
    rss_bytes: 1,
    url: null,
    ...patch,
  };
}

describe("a network at work", () => {
  const snapshot = snapshotOf();

  test("needs nobody", () => {
    expect(snapshot.attention).toEqual([]);
  });

  test("lists routers before miners, and miners by number", () => {
    const many = [...busyFacts(), factsOf({ name: "miner-10", address: addressOf("e") })];
    expect(snapshotOf({ facts: many }).nodes.map(({ name }) => name)).toEqual([
      "router-1",
      "miner-1",
      "miner-2",
      "miner-10",
    ]);
  });

  test("counts each task once: where it passed a router", () => {
    expect(snapshot.totals).toMatchObject({
      nodes: 3,
      live: 3,
      tasks_per_minute: 182,
      ttft_ms: 190.2,
      ttft_p95_ms: 840,
      verified_share: null,
    });
    expect(snapshot.totals.tasks_history).toEqual([1, 2, 4, 6, 8, 8, 7, 6, 7, 8, 8, 7]);
  });

  test("without a router of its own it counts its miners", () => {
    const facts = [1, 2].map((at) =>
      factsOf({
        name: `miner-${at}`,
        address: addressOf(String(at)),
        work: { tasksLastMinute: at, tasksHistory: [at], tasksLastHour: at, ttftMs: 100 * at, ttftP95Ms: 300 * at },
      }),
    );
    const { totals } = snapshotOf({ facts });
    expect(totals.tasks_per_minute).toBe(3);
    expect(totals.tasks_history).toEqual([3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(totals.ttft_ms).toBeCloseTo((100 * 1 + 200 * 2) / 3);
    expect(totals.ttft_p95_ms).toBe(600);
  });

  test("names nodes for everybody after their address", () => {
    expect(snapshot.nodes.map((node) => node.public_name)).toEqual(
      snapshot.nodes.map(() => expect.stringMatching(/^[a-z]+-[a-z]+-[a-z-]+$/)),
    );
    expect(new Set(snapshot.nodes.map((node) => node.public_name)).size).toBe(3);
  });

  test("adds up money exactly, and counts what passes through a router once", () => {
    expect(snapshot.money).toEqual({
      earned_today_cor: "2.36",
      earned_cor: "240.35",
      waiting_cor: "13.45",
      gas: "0.0183",
    });
    expect(snapshot.nodes.map((node) => node.earned_cor)).toEqual(["0", "240.35", "0"]);
  });

  test("a router earns its margin", () => {
    const money = { receiptedWei: wei(100), receiptedTodayWei: wei(10), vouchersWei: wei(105), redeemedWei: wei(100) };
    const [node] = snapshotOf({ facts: [factsOf({ role: "router", money })] }).nodes;
    expect(node).toMatchObject({ earned_cor: "5", earned_today_cor: "0.5", claimable_cor: "5" });
  });

  test("merges what happened lately, newest first, 20 at most", () => {
    expect(snapshot.lately.map(({ node }) => node)).toEqual(["miner-1", "router-1"]);
    const lately = Array.from({ length: 30 }, (_, at) => ({
      at: new Date(NOW - at * 1000).toISOString(),
      text: `${at}`,
    }));
    expect(snapshotOf({ facts: [factsOf({ lately })] }).lately.map(({ text }) => text)).toEqual(
      Array.from({ length: 20 }, (_, at) => `${at}`),
    );
  });

  test("knows its network", () => {
    expect(snapshot.network).toEqual({
      name: "local",
      practice: true,
      chain_id: 31337,
      block: 1842,
      epoch: 12,
      epoch_ends_in_s: 3420,
      reachable: true,
    });
  });
});

describe("a newcomer", () => {
  test("is a miner with fewer than 10 orders done, finished or broken, at every router that is known to know it", () => {
    const [, known, fresh] = snapshotOf().nodes;
    expect(known).toMatchObject({ state: "serving", newcomer: {}, reputation: { [addressOf("c")]: 0.99 } });
    expect(fresh).toMatchObject({ state: "newcomer", live: true, newcomer: { [addressOf("c")]: 6 } });
  });

  test.each([
    [9, 0, "newcomer"],
    [8, 1, "newcomer"],
    [8, 2, "serving"],
  ])("with %i finished and %i broken it is %s", (finished, broken, state) => {
    const router = factsOf({
      name: "r",
      role: "router",
      address: addressOf("c"),
      peers: [peerOf({ finished, broken })],
    });
    expect(snapshotOf({ facts: [router, factsOf()] }).nodes[1]?.state).toBe(state);
  });

  test("is none where one router knows it well, or no router of this home knows it", () => {
    const routers = [88, 2].map((finished, at) =>
      factsOf({ name: `r${at}`, role: "router", address: addressOf(`${at + 1}`), peers: [peerOf({ finished })] }),
    );
    const node = snapshotOf({ facts: [...routers, factsOf()] }).nodes[2];
    expect(node).toMatchObject({ state: "serving", newcomer: { [addressOf("2")]: 2 } });
    expect(snapshotOf({ facts: [factsOf()] }).nodes[0]).toMatchObject({
      state: "serving",
      newcomer: {},
      reputation: {},
    });
  });
});

describe("attention", () => {
  const codes = (parts: Parameters<typeof snapshotOf>[0]) => snapshotOf(parts).attention.map(({ code }) => code);

  test("says that nothing runs", () => {
    const snapshot = snapshotOf({ facts: [], preset: undefined });
    expect(snapshot.attention[0]).toMatchObject({ code: "not-running", severity: "error", try: "cortensor up" });
    expect(snapshot).toMatchObject({ network: null, nodes: [], money: { earned_cor: "0", gas: null } });
  });

  test("tells what was tried, what is safe and what is late while the chain is away, and keeps the last values", () => {
    const facts = busyFacts().map((one) => ({
      ...one,
      chain: { ...one.chain, reachable: false, detail: "http://127.0.0.1:8545: no answer" },
    }));
    const { attention, network, money } = snapshotOf({ facts });
    expect(attention).toHaveLength(1);
    expect(attention[0]).toMatchObject({
      code: "chain-unreachable",
      severity: "warn",
      node: null,
      text: "The chain does not answer. Your nodes go on serving.",
      details: [
        ["tried", "http://127.0.0.1:8545: no answer"],
        ["safe", "13.45 COR of vouchers, on disk; redeemed when it is back"],
        ["late", "redeeming waits; orders go on"],
      ],
    });
    expect(network).toMatchObject({ reachable: false, block: 1842 });
    expect(money.gas).toBeNull();
  });

  test("names the one node that reaches no endpoint while others do", () => {
    const [second, router, first] = busyFacts();
    const facts = [second!, router!, { ...first!, chain: { ...first!.chain, reachable: false } }];
    expect(snapshotOf({ facts }).attention).toMatchObject([{ code: "chain-unreachable", node: "miner-1" }]);
  });

  test("a node that is gone is down, and what was known of it is kept", () => {
    const earlier = snapshotOf();
    const facts = busyFacts().filter(({ name }) => name !== "miner-1");
    const { nodes, attention, totals, money } = snapshotOf({ facts, unreachable: [lost()], earlier });
    expect(nodes[1]).toMatchObject({ name: "miner-1", state: "down", live: false, earned_cor: "240.35" });
    expect(money.earned_cor).toBe("240.35");
    expect(totals).toMatchObject({ nodes: 3, live: 2 });
    expect(attention[0]).toMatchObject({
      code: "node-offline",
      severity: "error",
      node: "miner-1",
      text: "miner-1 is down.",
      try: "cortensor miner start --name miner-1",
    });
  });

  test("a supervised node that ended restarts alone", () => {
    const fleet = { processes: [processOf({ state: "restarting", restarts: 2 })] };
    const { nodes, attention } = snapshotOf({ facts: [], unreachable: [lost()], fleet });
    expect(nodes[0]).toMatchObject({ state: "restarting", state_reason: "restarted 2 times" });
    expect(attention).toMatchObject([{ code: "node-restarting", text: "miner-1 restarts, the 2nd time." }]);
  });

  test("a young process that does not answer yet is starting and no trouble", () => {
    const unreachable = [lost({ why: "starting", pid: 7 })];
    const { nodes, attention } = snapshotOf({ unreachable, facts: [] });
    expect(nodes[0]).toMatchObject({ state: "starting", live: false });
    expect(attention).toEqual([]);
  });

  test("a router without miners is told after it had time to find one", () => {
    const attention = [
      { code: "router-no-miners", severity: "warn", node: null, text: "x", since: STARTED, try: null } as const,
    ];
    const router = { role: "router", name: "router-1", attention } as const;
    expect(codes({ facts: [factsOf(router)] })).toEqual(["router-no-miners"]);
    expect(codes({ facts: [factsOf({ ...router, startedAt: new Date(NOW - 2000).toISOString() })] })).toEqual([]);
  });

  test("a miner without a router is told after it had time to find one", () => {
    const miner = { state: "starting", stateReason: "no router is connected" } as const;
    expect(snapshotOf({ facts: [factsOf(miner)] }).attention).toMatchObject([
      { code: "miner-no-router", node: "miner-1", text: "miner-1 has no work: no router is connected." },
    ]);
    expect(codes({ facts: [factsOf({ ...miner, stateSince: new Date(NOW).toISOString() })] })).toEqual([]);
  });

  test("puts errors first, then what explains the rest, and remembers since when", () => {
    const away = busyFacts().map((one) => ({ ...one, chain: { ...one.chain, reachable: false } }));
    const parts = { facts: away, unreachable: [lost({ name: "miner-9", address: addressOf("e") })] };
    const first = snapshotOf(parts);
    expect(first.attention.map(({ code }) => code)).toEqual(["node-offline", "chain-unreachable"]);
    const later = snapshotOf({ ...parts, now: NOW + 60_000, earlier: first });
    expect(later.attention.map(({ since }) => since)).toEqual(first.attention.map(({ since }) => since));
  });
});
