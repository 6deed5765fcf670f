import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { EmbeddedChain } from "../../../src/chain/anvil/embeddedChain.ts";
import type { NetworkPreset } from "../../../src/chain/interface.ts";
import { loadSettings } from "../../../src/config/index.ts";
import type { NodeView } from "../../../src/cli/nodes/nodeView.ts";
import type { SessionView } from "../../../src/cli/sessions/sessionView.ts";
import type { Finding } from "../../../src/node/doctor/finding.ts";
import { homeOf } from "../../../src/node/home.ts";
import type { RunningNode } from "../../../src/node/nodeContext.ts";
import { startMiner } from "../../../src/node/startMiner.ts";
import { startRouter } from "../../../src/node/startRouter.ts";
import { systemClock } from "../../../src/util/clock.ts";
import { writeJson, writeText } from "../../../src/util/jsonFile.ts";
import { type Ended, runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";
import { deploy, startEmbedded, temporaryFolder } from "../../support/practiceNetwork.ts";

let embedded: EmbeddedChain;
let preset: NetworkPreset;
let clean: () => Promise<void>;
let home = "";

beforeAll(async () => {
  const place = await temporaryFolder();
  clean = place.clean;
  embedded = await startEmbedded(place.folder);
});
afterAll(async () => {
  await embedded.stop();
  await clean();
});
beforeEach(async () => {
  home = testFolder();
  preset = await deploy(embedded.rpcUrl);
  await writeJson(join(home, "networks", "test.json"), preset);
});

function run(...argv: string[]): Promise<Ended> {
  return runLine(argv, { home, env: { CORTENSOR_NETWORK: "test", CORTENSOR_ROUTER_PORT: "0" } });
}

/** What registering and showing say beside what the list has. */
interface Made {
  readonly try: string;
  readonly balances: Readonly<Record<string, string>>;
}

/** The result of a command that ended well. */
async function json<T = NodeView & Made>(...argv: string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await run(...argv, "--json");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

/** The same chain as a network whose money is worth something. */
async function makePublic(): Promise<void> {
  const { treasury: _, ...rest } = preset;
  await writeJson(join(home, "networks", "test.json"), { ...rest, practice: false });
}

describe("node register", () => {
  test("enters a node with the network's minimum, and says so the second time", async () => {
    const planned = await json("node", "register", "miner-1", "--dry-run");
    expect(planned).toMatchObject({ role: "miner", address: null, registered: false, dry_run: true, stake_cor: "100" });
    expect(await json("node", "list")).toEqual([]);

    const made = await json("node", "register", "miner-1");
    expect(made).toMatchObject({ name: "miner-1", role: "miner", registered: true, tx: expect.stringMatching(/^0x/) });
    expect(await json("node", "register", "miner-1")).toMatchObject({ ...made, tx: null });
    expect(await json("node", "list")).toMatchObject([
      {
        schema: "cortensor.node/1",
        name: "miner-1",
        role: "miner",
        address: made.address,
        owner: made.owner,
        live: false,
      },
    ]);
    const shown = await json("node", "show");
    expect(shown).toMatchObject({ name: "miner-1", balances: { cor: "0", owner_cor: "0" } });
    expect(Number(shown.balances.owner_gas)).toBeGreaterThan(0);
  });

  test("for an owner elsewhere prints the command that works where the owner's key is", async () => {
    const other = testFolder();
    await writeJson(join(other, "networks", "test.json"), preset);
    const there = (...argv: string[]): Promise<Ended> =>
      runLine(argv, { home: other, env: { CORTENSOR_NETWORK: "test" } });
    const password = join(other, "password.txt");
    await writeText(password, "correct horse");
    const wallet = await there("wallet", "new", "--password-file", password, "--json");
    const owner = JSON.parse(wallet.stdout).address;

    const printed = await run("node", "register", "router-1", "--owner", owner, "-q");
    expect(printed).toMatchObject({ exitCode: 0, stderr: "" });
    const command = printed.stdout.trim().split(" ").slice(1);
    const done = await there(...command, "--password-file", password, "--json");
    expect(done.stderr).toBe("");
    expect(JSON.parse(done.stdout)).toMatchObject({ registered: true, owner, role: "router" });
    expect(await json("node", "list")).toMatchObject([{ name: "router-1", owner, role: "router" }]);
  });

  test("refuses a consent that was given for another role", async () => {
    const password = join(home, "password.txt");
    await writeText(password, "correct horse");
    await json("wallet", "new", "--password-file", password);
    const owner = (await json("wallet", "show")).address;
    const { try: command } = await json("node", "register", "miner-1", "--owner", owner);
    const argv = command.replace("--role miner", "--role router").split(" ").slice(1);
    const { exitCode, stderr } = await run(...argv, "--password-file", password);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("the consent is not signed by");
  });

  test("where money is worth something spends nothing unasked, and says what is missing", async () => {
    await makePublic();
    const password = join(home, "password.txt");
    await writeText(password, "correct horse");
    const asked = await run("node", "register", "miner-1", "--password-file", password);
    expect(asked.exitCode).toBe(6);
    expect(asked.stderr).toContain("error[consent-needed]: Registering miner-1 on test stakes 100 COR");
    const poor = await run("node", "register", "miner-1", "--password-file", password, "--yes");
    expect(poor.exitCode).toBe(6);
    expect(poor.stderr).toContain("error[stake-low]: registering takes 100 COR of stake and the wallet has 0");
  });

  test("says that the chain does not answer", async () => {
    await writeJson(join(home, "networks", "test.json"), { ...preset, rpc: ["http://127.0.0.1:9"] });
    const { exitCode, stdout, stderr } = await run("node", "register", "miner-1", "--json");
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "rpc-unreachable" }, exit_code: 4 });
  });
});

describe("node stake", () => {
  test("adds to the stake with the owner's key, filled by the faucet", async () => {
    await json("node", "register", "miner-1");
    expect(await json("node", "stake", "50", "--dry-run")).toMatchObject({ added_cor: "50", dry_run: true, tx: null });
    expect(await json("node", "stake", "50.5", "miner-1")).toMatchObject({
      added_cor: "50.5",
      tx: expect.stringMatching(/^0x/),
    });
  });

  test("of somebody else's node is refused before anything is asked", async () => {
    const { address } = await json("node", "register", "miner-1");
    home = testFolder();
    await writeJson(join(home, "networks", "test.json"), preset);
    const { exitCode, stderr } = await run("node", "stake", "1", address);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("error[key-missing]");
  });
});

describe("wallet", () => {
  test("fund fills up to what is asked for, and show tells the balance", async () => {
    await json("node", "register", "miner-1");
    expect(await json("wallet", "fund", "miner-1-owner", "--cor", "12.5")).toMatchObject({ cor: "12.5", gas: "1" });
    expect(await json("wallet", "show", "miner-1-owner")).toMatchObject({ cor: "12.5", gas: "1", network: "test" });
  });

  test("fund hands out nothing where money is worth something", async () => {
    await makePublic();
    const { exitCode, stderr } = await run("wallet", "fund", `0x${"11".repeat(20)}`);
    expect(exitCode).toBe(6);
    expect(stderr).toContain("test is no practice network");
  });
});

describe("with a router and a miner that run", () => {
  async function start(role: "router" | "miner", routers: readonly string[] = []): Promise<RunningNode> {
    const paths = homeOf({ CORTENSOR_HOME: home });
    const env = {
      CORTENSOR_NETWORK: "test",
      CORTENSOR_ENGINE_ENGINE: "scripted",
      CORTENSOR_ROUTER_PORT: "0",
      CORTENSOR_P2P_PORT: "0",
    };
    const settings = await loadSettings({
      configFile: paths.configFile,
      networksFolder: paths.networksFolder,
      env,
      flags: {},
    });
    const options = {
      home: paths,
      name: `${role}-1`,
      role,
      preset,
      settings,
      software: "test",
      consent: true,
    } as const;
    const deps = {
      clock: systemClock,
      step: <T>(_: string, work: () => Promise<T>) => work(),
      requestStop: () => undefined,
      status: () => Promise.reject(new Error("nobody asks")),
    };
    const node = role === "router" ? await startRouter(options, deps) : await startMiner({ ...options, routers }, deps);
    onTestFinished(() => node.stop());
    return node;
  }

  test("sessions, nodes and checks tell of them", async () => {
    await mkdir(home, { recursive: true });
    const router = await start("router");
    const { p2p } = router.ready as { readonly p2p?: readonly string[] };
    await start("miner", p2p ?? []);
    await expect.poll(async () => (await json<SessionView[]>("session", "list")).length, { timeout: 20_000 }).toBe(2);

    const sessions = await json<SessionView[]>("session", "list");
    const toMiner = sessions.find((one) => one.nodes.some((node) => node.name === "router-1" && node.role === "pays"));
    expect(toMiner).toMatchObject({
      schema: "cortensor.session/1",
      state: "open",
      deposit_cor: "10",
      voucher_cor: "0",
      redeemed_cor: "0",
    });
    const clients = sessions.find((one) => one !== toMiner);
    expect(clients).toMatchObject({ state: "open", deposit_cor: "1000", nodes: [{ name: "router-1", role: "earns" }] });
    expect(await json("session", "show", `s_${toMiner?.id.slice(2, 10)}`)).toMatchObject({ id: toMiner?.id });
    expect((await run("session", "show", "s_00ff")).exitCode).toBe(2);

    await expect
      .poll(async () => (await json("node", "show", "miner-1")).state, { timeout: 20_000 })
      .toMatch(/serving|newcomer/);
    expect(await json("node", "list")).toMatchObject([
      { name: "router-1", role: "router", live: true },
      { name: "miner-1", role: "miner", live: true },
    ]);
    const report = await json<{ checks: Finding[] }>("doctor");
    expect(report).toMatchObject({ schema: "cortensor.doctor/1", healthy: true });
    const byName = (name: string) => report.checks.filter((check) => check.name === name).map((check) => check.result);
    expect(byName("router")).toEqual(["ok"]);
    expect(byName("miners")).toEqual(["ok"]);
    expect(byName("gas")).toEqual(["ok", "ok"]);
    expect(byName("chain")).toEqual(["ok"]);
  });
});
