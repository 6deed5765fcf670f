import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigStore } from "../../../src/config/store.ts";
import { testFolder } from "../../support/folder.ts";

describe("the config file", () => {
  it("holds settings by module, for its owner alone", () => {
    const file = join(testFolder(), "config.json");
    new ConfigStore(file).set("router.port", 5011);
    new ConfigStore(file).set("network", "harbor");
    new ConfigStore(file).set("router.cors", "*");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ router: { port: 5011, cors: "*" }, network: "harbor" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("says whether there was anything to remove", () => {
    const file = join(testFolder(), "config.json");
    const store = new ConfigStore(file);
    store.set("router.port", 5011);
    expect([store.unset("router.port"), store.unset("router.port")]).toEqual([true, false]);
    expect(new ConfigStore(file).has("router.port")).toBe(false);
  });

  it("loses a key also when somebody wrote it as one word", () => {
    const file = join(testFolder(), "config.json");
    writeFileSync(file, JSON.stringify({ "routr.port": 1, router: { port: 2 } }));
    expect(new ConfigStore(file).unset("routr.port")).toBe(true);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ router: { port: 2 } });
  });

  it("is not touched when it is damaged", () => {
    const file = join(testFolder(), "config.json");
    writeFileSync(file, "{ half");
    expect(() => new ConfigStore(file)).toThrow(expect.objectContaining({ code: "home-damaged" }));
    expect(readFileSync(file, "utf8")).toBe("{ half");
  });
});
