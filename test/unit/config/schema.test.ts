import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkValue, rangeOf } from "../../../src/config/schema.ts";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import type { Option } from "../../../src/util/option.ts";

const port: Option = { type: "integer", default: 5010, min: 0, max: 65_535, describe: "a port" };
const wait: Option = { type: "number", default: 1.5, min: 0.5, max: 60, unit: "s", describe: "longest wait" };
const level: Option = { type: "string", default: "info", choices: ["info", "debug"], describe: "least level" };
const on: Option = { type: "boolean", default: false, describe: "a switch" };

const flag = { kind: "flag", name: "--x" } as const;
const file = { kind: "file", name: "a.x", file: "/home/config.json" } as const;

function failure(work: () => unknown): CortensorError {
  try {
    work();
  } catch (error) {
    if (error instanceof CortensorError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("a value of an option", () => {
  it("is taken from a text and from a file alike when it is in range", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), (value) => {
        expect(checkValue(port, String(value), flag)).toBe(value);
        expect(checkValue(port, value, file)).toBe(value);
      }),
    );
  });

  it("is refused when it is out of range, whole or not", () => {
    const outside = fc.oneof(
      fc.integer({ max: -1 }),
      fc.integer({ min: 65_536 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
    );
    fc.assert(
      fc.property(outside, (value) => {
        expect(failure(() => checkValue(port, String(value), flag)).code).toBe("option-value");
        expect(failure(() => checkValue(port, value, file)).code).toBe("config-invalid");
      }),
    );
  });

  it.each(["", " ", "ten", "0x10", "1_000", "1,5", "NaN", "Infinity", "1e999", "5010 ports", "--json"])(
    "is no number when it reads %j",
    (text) => {
      expect(failure(() => checkValue(port, text, flag)).code).toBe("option-value");
      expect(failure(() => checkValue(wait, text, flag)).code).toBe("option-value");
    },
  );

  it.each([
    ["true", true],
    ["ON", true],
    ["1", true],
    ["no", false],
    ["0", false],
  ])("is a switch when it reads %s", (text, value) => {
    expect(checkValue(on, text, { kind: "environment", name: "CORTENSOR_X" })).toBe(value);
  });

  it("keeps its type in a file: a text is no number there", () => {
    expect(failure(() => checkValue(port, "5010", file)).code).toBe("config-invalid");
    expect(failure(() => checkValue(on, "true", file)).code).toBe("config-invalid");
    expect(failure(() => checkValue(level, 7, file)).code).toBe("config-invalid");
  });

  it("is refused with what was given, the range, the unit and a way out", () => {
    const usage = failure(() => checkValue(wait, "hot", { kind: "flag", name: "--wait" }));
    expect(usage.message).toBe("--wait takes a number from 0.5 to 60 (s), not hot");
    expect(usage.details.try).toBe("--wait 1.5");
    expect(usage.details.data).toMatchObject({ value: "hot", unit: "s" });
    const config = failure(() => checkValue(level, "loud", file));
    expect(config.message).toBe("a.x takes one of info, debug, not loud");
    expect(config.details.why).toContainEqual(["found", "/home/config.json"]);
    expect(config.details.try).toBe("cortensor config set a.x info");
    const environment = failure(() => checkValue(port, "-1", { kind: "environment", name: "CORTENSOR_X" }));
    expect([environment.code, environment.details.try]).toEqual(["config-invalid", "export CORTENSOR_X=5010"]);
  });

  it("has a range in words also when only one end is set", () => {
    expect(rangeOf({ type: "number", default: 1, min: 0, describe: "" })).toBe("a number of at least 0");
    expect(rangeOf({ type: "integer", default: 1, max: 9, describe: "" })).toBe("a whole number of at most 9");
    expect(rangeOf({ type: "string", default: "", describe: "" })).toBe("a text");
  });
});
