import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { camel, kebab } from "../../../src/util/names.ts";
import { nearest } from "../../../src/util/nearest.ts";

describe("names of settings", () => {
  it("go from code to flags and back", () => {
    expect(kebab("maxBodyBytes")).toBe("max-body-bytes");
    expect(camel("max-body-bytes")).toBe("maxBodyBytes");
    const anyName = fc.stringMatching(/^[a-z][a-z0-9]{0,5}([A-Z][a-z0-9]{0,5}){0,3}$/);
    fc.assert(
      fc.property(anyName, (name) => {
        expect(camel(kebab(name))).toBe(name);
      }),
    );
  });
});

describe("the nearest word", () => {
  const commands = ["submit", "status", "session", "miner", "router", "wallet"];

  it("is found over a slip: a letter missing, more, other, or two swapped", () => {
    for (const [typed, meant] of [
      ["submt", "submit"],
      ["submitt", "submit"],
      ["sibmit", "submit"],
      ["sumbit", "submit"],
      ["STATUS", "status"],
    ] as const)
      expect(nearest(typed, commands), typed).toBe(meant);
  });

  it("is not guessed for a word that is like none", () => {
    for (const typed of ["", "x", "bananas", "hello"]) expect(nearest(typed, commands), typed).toBeUndefined();
    expect(nearest("submit", [])).toBeUndefined();
  });
});
