import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { anvilBinary } from "../../../src/chain/anvil/binary.ts";

test("the program of this machine is found", () => {
  expect(existsSync(anvilBinary())).toBe(true);
});

test("a machine without one is told what is missing", () => {
  expect(() => anvilBinary("plan9", "mips")).toThrowError(
    expect.objectContaining({
      code: "chain-missing",
      details: expect.objectContaining({ try: "npm install --include=optional" }),
    }),
  );
});
