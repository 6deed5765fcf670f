import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { NetworkPreset } from "../../../src/chain/interface.ts";
import { loadSetting, loadSettings } from "../../../src/config/load.ts";
import { PresetFolder } from "../../../src/config/presets.ts";
import { parsePreset } from "../../../src/config/presetSchema.ts";
import { testFolder } from "../../support/folder.ts";

const harbor: NetworkPreset = {
  schema: "cortensor.network/1",
  name: "harbor",
  practice: false,
  chainId: 421_614,
  rpc: ["https://rpc.harbor.example", "http://127.0.0.1:8545"],
  runtime: `0x${"71c4".repeat(10)}`,
  block: 18_000_000,
};

describe("the presets of a home", () => {
  it("come back as they were written, private and whole", async () => {
    const folder = join(testFolder(), "networks");
    const presets = new PresetFolder(folder);
    const local = { ...harbor, name: "local", practice: true, treasury: harbor.runtime };
    await presets.write(harbor);
    await presets.write(local);
    await presets.write(harbor);
    expect(await presets.list()).toEqual([harbor, local]);
    expect(statSync(presets.fileOf("harbor")).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(["harbor.json", "local.json"]);
  });

  it("have none in a folder that is not there, and leave other files alone", async () => {
    const folder = testFolder();
    expect(await new PresetFolder(join(folder, "none")).list()).toEqual([]);
    mkdirSync(join(folder, "local"));
    writeFileSync(join(folder, "Notes.json"), "{}");
    expect(await new PresetFolder(folder).list()).toEqual([]);
  });

  it("are not found by a name that leads elsewhere", async () => {
    const folder = testFolder();
    writeFileSync(join(folder, "secret.json"), JSON.stringify(harbor));
    const presets = new PresetFolder(join(folder, "networks"));
    await expect(presets.read("../secret")).rejects.toMatchObject({ code: "network-unknown" });
    await expect(presets.read("harbor")).rejects.toMatchObject({ code: "network-unknown" });
    await expect(presets.read("local")).rejects.toMatchObject({ details: { try: "cortensor up" } });
  });

  it("say which file is no JSON and leave it", async () => {
    const presets = new PresetFolder(testFolder());
    writeFileSync(presets.fileOf("harbor"), "{ half");
    await expect(presets.read("harbor")).rejects.toMatchObject({
      code: "home-damaged",
      details: { data: { file: presets.fileOf("harbor") } },
    });
    expect(readFileSync(presets.fileOf("harbor"), "utf8")).toBe("{ half");
  });
});

describe("a preset", () => {
  it("has its addresses in small letters", () => {
    expect(parsePreset({ ...harbor, runtime: harbor.runtime.toUpperCase().replace("0X", "0x") }, "x")).toEqual(harbor);
  });

  it.each([
    ["schema", "cortensor.network/2"],
    ["name", "../x"],
    ["name", "Harbor"],
    ["name", ""],
    ["practice", "yes"],
    ["chainId", 0],
    ["chainId", 1.5],
    ["rpc", []],
    ["rpc", ["file:///etc/passwd"]],
    ["rpc", ["rpc.harbor.example"]],
    ["runtime", "0x12"],
    ["block", -1],
    ["treasury", "nobody"],
    ["extra", 1],
  ])("is refused with %s %j, and the field is named", (field, value) => {
    expect(() => parsePreset({ ...harbor, [field]: value }, "harbor.json")).toThrow(
      expect.objectContaining({
        code: "preset-invalid",
        details: expect.objectContaining({ why: [["found", expect.stringContaining(field)]] }),
      }),
    );
  });

  it.each([null, [], "harbor", 7, {}])("is not %j", (value) => {
    expect(() => parsePreset(value, "x")).toThrow(expect.objectContaining({ code: "preset-invalid" }));
  });
});

describe("settings of a home", () => {
  it("have the endpoints of the network in use, unless somebody says otherwise", async () => {
    const root = testFolder();
    const options = {
      configFile: join(root, "config.json"),
      networksFolder: join(root, "networks"),
      env: {},
      flags: {},
    };
    await new PresetFolder(options.networksFolder).write(harbor);
    expect((await loadSettings(options)).chain.rpc).toBeUndefined();
    writeFileSync(options.configFile, JSON.stringify({ network: "harbor" }));
    expect((await loadSetting(options, "chain.rpc")).source).toEqual({
      kind: "preset",
      name: join(options.networksFolder, "harbor.json"),
    });
    expect((await loadSettings(options)).chain.rpc).toBe(harbor.rpc.join(","));
    const env = { CORTENSOR_CHAIN_RPC: "http://127.0.0.1:1" };
    expect((await loadSettings({ ...options, env })).chain.rpc).toBe("http://127.0.0.1:1");
    expect((await loadSettings({ ...options, flags: { network: "local" } })).chain.rpc).toBeUndefined();
  });

  it.each(["{ half", "[]", "7", "null "])("are not made up when the config file holds %j", async (text) => {
    const root = testFolder();
    const configFile = join(root, "config.json");
    writeFileSync(configFile, text);
    const loading = loadSettings({ configFile, networksFolder: join(root, "networks"), env: {}, flags: {} });
    await expect(loading).rejects.toMatchObject({ code: "home-damaged", message: expect.stringContaining(configFile) });
    expect(readFileSync(configFile, "utf8")).toBe(text);
  });
});
