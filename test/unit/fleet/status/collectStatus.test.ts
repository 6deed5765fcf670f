import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { collectStatus, statusReader } from "../../../../src/fleet/status/collectStatus.ts";
import { ControlSocket } from "../../../../src/node/control.ts";
import { type Home, homeOf } from "../../../../src/node/home.ts";
import { lockHome } from "../../../../src/node/lock.ts";
import { testFolder } from "../../../support/folder.ts";
import { addressOf, factsOf } from "../../../support/statusFixtures.ts";

function testHome(): Home {
  return homeOf({ CORTENSOR_HOME: testFolder() });
}

function record(home: Home, name: string, digit: string): void {
  const file = home.node(name).recordFile;
  mkdirSync(dirname(file), { recursive: true });
  const { role, network, owner } = factsOf();
  writeFileSync(file, JSON.stringify({ role, network, owner, name, address: addressOf(digit) }));
}

async function serve(home: Home, name: string, answer: unknown): Promise<void> {
  const control = new ControlSocket(home.node(name).socket, { "GET /facts": () => answer, "POST /stop": () => ({}) });
  await control.start();
  onTestFinished(() => control.stop());
}

function crashed(home: Home, name: string): void {
  const file = home.node(name).pidFile;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ pid: 2 ** 22 + 1, since: "2025-11-22T09:12:00.000Z", start: "x" }));
}

describe("collectStatus", () => {
  test("of an empty home is empty", async () => {
    const snapshot = await collectStatus({ home: testHome() });
    expect(snapshot).toMatchObject({ nodes: [], network: null, attention: [{ code: "not-running" }] });
  });

  test("shows nodes that answer, and hides those that were stopped", async () => {
    const home = testHome();
    record(home, "miner-1", "a");
    record(home, "miner-2", "d");
    await serve(home, "miner-1", factsOf());
    const { nodes, network } = await collectStatus({ home });
    expect(nodes.map(({ name, state }) => [name, state])).toEqual([["miner-1", "serving"]]);
    expect(network).toMatchObject({ name: "local", practice: true });
  });

  test("shows what died, what starts, and what its supervisor says", async () => {
    const home = testHome();
    for (const [name, digit] of [
      ["miner-1", "1"],
      ["miner-2", "2"],
      ["miner-3", "3"],
    ] as const)
      record(home, name, digit);
    crashed(home, "miner-1");
    const lock = lockHome(home, "miner-2");
    onTestFinished(() => lock.release());
    const processes = [
      {
        name: "miner-3",
        role: "miner",
        pid: 1,
        state: "restarting",
        restarts: 1,
        uptime_s: 0,
        cpu: 0,
        rss_bytes: 0,
        url: null,
      },
    ];
    await serve(home, "fleet", { processes });
    const snapshot = await collectStatus({ home });
    expect(snapshot.nodes.map(({ state }) => state)).toEqual(["down", "starting", "restarting"]);
    expect(snapshot.processes).toEqual(processes);
  });

  test("leaves out what is no node and what cannot be read", async () => {
    const home = testHome();
    record(home, "miner-1", "a");
    await serve(home, "miner-1", factsOf());
    mkdirSync(home.node("operator").folder, { recursive: true });
    mkdirSync(home.node("torn").folder, { recursive: true });
    writeFileSync(home.node("torn").recordFile, '{"role":');
    const { nodes } = await collectStatus({ home });
    expect(nodes.map(({ name }) => name)).toEqual(["miner-1"]);
  });

  test("an answer that is none does not count", async () => {
    const home = testHome();
    record(home, "miner-1", "a");
    const lock = lockHome(home, "miner-1");
    onTestFinished(() => lock.release());
    await serve(home, "miner-1", { error: "no" });
    expect((await collectStatus({ home })).nodes[0]).toMatchObject({ state: "starting", live: false });
  });

  test("a reader keeps since when something is wrong", async () => {
    const home = testHome();
    record(home, "miner-1", "a");
    crashed(home, "miner-1");
    const read = statusReader({ home });
    const [first, second] = [await read(), await read()];
    expect(second.attention[0]?.since).toBe(first.attention[0]?.since);
    expect(second.nodes[0]?.state_since).toBe(first.nodes[0]?.state_since);
  });
});
