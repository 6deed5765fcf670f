import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { clockSkew, gas } from "../../../src/node/doctor/chain.ts";
import { exitCodeOf, failed, type Finding, findingOf, ok, skipped, warn } from "../../../src/node/doctor/finding.ts";
import { fileModes, folderMode } from "../../../src/node/doctor/homeFiles.ts";
import { diskSpace, nodeVersion } from "../../../src/node/doctor/machine.ts";
import { memory } from "../../../src/node/doctor/model.ts";
import { minerLine, minersOf, routerLine } from "../../../src/node/doctor/router.ts";
import { runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";
import { peerOf } from "../../support/statusFixtures.ts";

const base = "http://127.0.0.1:5010";

describe("a finding", () => {
  test.each<[string, Finding, Finding["result"]]>([
    ["Node.js 22.12", nodeVersion("22.12.0"), "error"],
    ["Node.js 22.13", nodeVersion("22.13.0"), "ok"],
    ["Node.js 24.0", nodeVersion("24.0.1"), "ok"],
    ["no space", diskSpace(1e6, "/home"), "error"],
    ["little space", diskSpace(5e8, "/home"), "warn"],
    ["enough space", diskSpace(5e9, "/home"), "ok"],
    ["a model that fits", memory(1e9, 2e9, false), "ok"],
    ["a model that does not fit", memory(1e9, 1.1e9, false), "warn"],
    ["a large model that is loaded", memory(1e9, 1e6, true), "ok"],
    ["a clock 2 s ahead", clockSkew(2), "ok"],
    ["a clock 2.1 s ahead", clockSkew(2.1), "warn"],
    ["a clock 3 s behind", clockSkew(-3), "warn"],
    ["no gas", gas("miner-1", 0n), "error"],
    ["little gas", gas("miner-1", 10n ** 14n), "warn"],
    ["gas", gas("miner-1", 10n ** 16n), "ok"],
    ["a silent router", routerLine({ name: "router-1", base, health: undefined, ready: undefined }), "error"],
    ["a router without miners", routerLine({ name: "router-1", base, health: 200, ready: 503 }), "warn"],
    ["a router", routerLine({ name: "router-1", base, health: 200, ready: 200 }), "ok"],
    ["no miner", minersOf("router-1", 0), "warn"],
    ["a miner with a line", minerLine({ name: "m", state: "serving", stateReason: null, peers: [peerOf()] }), "ok"],
    ["a miner without one", minerLine({ name: "m", state: "starting", stateReason: null, peers: [] }), "warn"],
    ["a private folder", folderMode("/h", 0o40700), "ok"],
    ["an open folder", folderMode("/h", 0o40755), "warn"],
    ["private keys", fileModes([{ file: "/h/keys/a.json", mode: 0o100600 }]), "ok"],
    ["an open key", fileModes([{ file: "/h/keys/a.json", mode: 0o100644 }]), "error"],
  ])("of %s", (_, finding, result) => {
    expect(finding.result).toBe(result);
    if (result === "error") expect(finding.try).not.toBeNull();
  });

  test("of an error keeps its sentence, its reasons and its way out", () => {
    const error = new CortensorError("rpc-unreachable", "the chain endpoint does not answer", {
      why: [["why", "http://127.0.0.1:9: refused"]],
      try: "cortensor up",
    });
    expect(findingOf("chain", error)).toEqual({
      name: "chain",
      result: "error",
      detail: "the chain endpoint does not answer (http://127.0.0.1:9: refused)",
      try: "cortensor up",
      isNetwork: true,
    });
    expect(findingOf("x", new Error("first line\nstack")).detail).toBe("first line");
  });
});

test("the exit code is 4 only when nothing but the network is wrong", () => {
  const away: Finding = { ...failed("chain", "away", null), isNetwork: true };
  expect(exitCodeOf([ok("a", ""), warn("b", "", null), skipped("c", "")])).toBe(0);
  expect(exitCodeOf([ok("a", ""), away])).toBe(4);
  expect(exitCodeOf([away, failed("keys", "open", null)])).toBe(3);
});

describe("cortensor doctor", () => {
  const env = { CORTENSOR_ROUTER_PORT: "0" };

  test("on a home that is not there yet finds nothing wrong and makes nothing", async () => {
    const home = join(testFolder(), "home");
    const { exitCode, stdout } = await runLine(["doctor", "--json"], { home, env });
    const { checks, ...rest } = JSON.parse(stdout);
    expect(checks.filter((check: { ok: boolean }) => !check.ok)).toEqual([]);
    expect({ exitCode, ...rest }).toEqual({ exitCode: 0, schema: "cortensor.doctor/1", healthy: true });
    expect(() => writeFileSync(join(home, "x"), "")).toThrow("ENOENT");
  });

  test("names an open password file, a wrong setting and a pid file that was left, each with its fix", async () => {
    const home = testFolder();
    const secret = join(home, "nodes", "miner-1", "miner-1.password");
    const pidFile = join(home, "run", "miner-1.pid");
    mkdirSync(join(home, "nodes", "miner-1"), { recursive: true });
    mkdirSync(join(home, "run"));
    writeFileSync(secret, "x");
    chmodSync(secret, 0o644);
    writeFileSync(pidFile, JSON.stringify({ pid: 1, since: "2025-01-01T00:00:00.000Z", start: "never" }));
    writeFileSync(join(home, "config.json"), JSON.stringify({ router: { port: 70_000 } }));
    const { exitCode, stdout } = await runLine(["doctor"], { home });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/✗ file modes +other users may read .*miner-1\.password \(0644\)/);
    expect(stdout).toContain(`try   chmod 600 ${secret}`);
    expect(stdout).toMatch(/✗ config +.*70000/);
    expect(stdout).toMatch(/! run files +miner-1 ended without being stopped/);
    expect(stdout).toContain(`try   rm ${pidFile}`);
  });

  test("says that the router's port is taken, and what to run instead", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as { port: number };
    const settings = { CORTENSOR_ROUTER_PORT: String(port) };
    const { exitCode, stdout } = await runLine(["doctor"], { home: testFolder(), env: settings });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(new RegExp(`✗ port +${port} is taken`));
    expect(stdout).toContain(`cortensor up --port ${port + 1}`);
  });

  test("is asked about a node of this home only", async () => {
    const { exitCode, stderr } = await runLine(["doctor", "--node", "miner-9"], { home: testFolder(), env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("this home has no node miner-9");
  });
});
