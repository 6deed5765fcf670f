import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explain } from "../../../src/config/explain.ts";
import { resolveAll, resolveOne, settingOf, type Sources } from "../../../src/config/resolve.ts";
import { checkValue } from "../../../src/config/schema.ts";
import { findSetting, SETTINGS } from "../../../src/config/tree.ts";

const nowhere: Sources = {
  flags: {},
  env: {},
  file: { path: "/h/config.json", content: {} },
  preset: { path: "/h/networks/x.json", values: {} },
};

describe("the tree of settings", () => {
  it("names every setting once, as a key and as an environment name", () => {
    expect(new Set(SETTINGS.map(({ key }) => key)).size).toBe(SETTINGS.length);
    expect(new Set(SETTINGS.map(({ environment }) => environment)).size).toBe(SETTINGS.length);
    expect(SETTINGS.map(({ environment }) => environment)).not.toContain("CORTENSOR_HOME");
    expect(findSetting("router.port")?.environment).toBe("CORTENSOR_ROUTER_PORT");
    expect(findSetting("router.bodyBytes")?.environment).toBe("CORTENSOR_ROUTER_BODY_BYTES");
    expect(findSetting("logLevel")?.environment).toBe("CORTENSOR_LOG_LEVEL");
  });

  it.each(SETTINGS.map(({ key, option }) => [key, option] as const))(
    "%s has a default that it would take",
    (key, option) => {
      if (option.default !== undefined)
        expect(checkValue(option, option.default, { kind: "file", name: key })).toBe(option.default);
      expect(option.describe).not.toBe("");
    },
  );

  it("finds a key that is spelled as a flag", () => {
    expect(settingOf("router.body-bytes").key).toBe("router.bodyBytes");
    expect(settingOf("log-level").key).toBe("logLevel");
  });

  it("names the nearest key to one that is not there", () => {
    expect(() => settingOf("router.prot")).toThrow(
      expect.objectContaining({
        code: "option-value",
        details: expect.objectContaining({ try: "cortensor config explain router.port" }),
      }),
    );
  });
});

describe("the value in force", () => {
  const port = settingOf("router.port");

  it("comes from the strongest place that has one", () => {
    const places = fc.record({
      flag: fc.option(fc.integer({ min: 1, max: 999 })),
      environment: fc.option(fc.integer({ min: 1, max: 999 })),
      file: fc.option(fc.integer({ min: 1, max: 999 })),
      preset: fc.option(fc.integer({ min: 1, max: 999 })),
    });
    fc.assert(
      fc.property(places, ({ flag, environment, file, preset }) => {
        const sources: Sources = {
          flags: flag === null ? {} : { "router.port": String(flag) },
          env: environment === null ? {} : { CORTENSOR_ROUTER_PORT: String(environment) },
          file: { path: "/h/config.json", content: file === null ? {} : { router: { port: file } } },
          preset: { path: "/h/networks/x.json", values: preset === null ? {} : { "router.port": preset } },
        };
        const expected = (
          [
            ["flag", flag],
            ["environment", environment],
            ["file", file],
            ["preset", preset],
            ["default", 5010],
          ] as const
        ).find(([, value]) => value !== null);
        const resolved = resolveOne(port, sources);
        expect([resolved.source.kind, resolved.value]).toEqual(expected);
        expect(resolveAll(sources).router.port).toBe(expected?.[1]);
      }),
    );
  });

  it("is not taken from an empty variable", () => {
    expect(resolveOne(port, { ...nowhere, env: { CORTENSOR_ROUTER_PORT: "" } }).source.kind).toBe("default");
  });

  it("may be written as one word in the file", () => {
    const file = { path: "/h/config.json", content: { "router.port": 7 } };
    expect(resolveAll({ ...nowhere, file }).router.port).toBe(7);
  });

  it("is explained with its place, range, unit and names", () => {
    const env = { CORTENSOR_ROUTER_BODY_BYTES: "2048" };
    expect(explain(resolveOne(settingOf("router.bodyBytes"), { ...nowhere, env }))).toMatchObject({
      key: "router.bodyBytes",
      value: 2048,
      source: { kind: "environment", name: "CORTENSOR_ROUTER_BODY_BYTES" },
      unit: "bytes",
      range: expect.stringContaining("from 1024 to"),
    });
  });

  it("of a wrong variable is refused, and a stronger flag saves it", () => {
    const env = { CORTENSOR_ROUTER_PORT: "x" };
    expect(() => resolveAll({ ...nowhere, env })).toThrow(expect.objectContaining({ code: "config-invalid" }));
    expect(resolveAll({ ...nowhere, env, flags: { "router.port": "1" } }).router.port).toBe(1);
  });

  it.each([
    [{ router: { prot: 1 } }, "router.prot"],
    [{ router: 5 }, "router"],
    [{ routr: { port: 1 } }, "routr.port"],
    [{ "log-level": "info" }, "log-level"],
  ])("is not read past an unknown key in the config file: %j", (content, key) => {
    expect(() => resolveAll({ ...nowhere, file: { path: "/h/config.json", content } })).toThrow(
      expect.objectContaining({
        code: "config-invalid",
        details: expect.objectContaining({ try: `cortensor config unset ${key}` }),
      }),
    );
  });
});
