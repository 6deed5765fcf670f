import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { callControl, ControlSocket, tellControl } from "../../../src/node/control.ts";
import { temporaryFolder } from "../../support/practiceNetwork.ts";

/** A control socket that remembers what it was told, and refuses `melt`. */
async function listening() {
  const { folder, clean } = await temporaryFolder();
  const path = join(folder, "node.sock");
  const heard: string[] = [];
  const control = new ControlSocket(path, {
    "GET /facts": () => ({ heard }),
    "POST /stop": () => ({}),
    "POST /chaos": (spec) => {
      if (spec === "melt") throw new CortensorError("option-value", "no such fault");
      heard.push(spec);
      return { chaos: spec };
    },
  });
  await control.start();
  onTestFinished(async () => {
    await control.stop();
    await clean();
  });
  return { path, heard };
}

test("a control socket hears what it is told", async () => {
  const { path, heard } = await listening();
  expect(await tellControl(path, "POST /chaos", "stall@~40%5")).toBe(true);
  expect(await tellControl(path, "POST /chaos", "")).toBe(true);
  expect(heard).toEqual(["stall@~40%5", ""]);
  expect(await callControl(path, "GET /facts")).toEqual({ heard });
});

test("a control socket refuses what it does not understand, and what is too long", async () => {
  const { path, heard } = await listening();
  expect(await tellControl(path, "POST /chaos", "melt")).toBe(false);
  expect(await tellControl(path, "POST /chaos", "x".repeat(5000))).toBe(false);
  expect(await tellControl(path, "POST /redeem", "")).toBe(false);
  expect(heard).toEqual([]);
});

test("whoever asks where nobody listens is told so", async () => {
  const { folder, clean } = await temporaryFolder();
  onTestFinished(clean);
  await expect(callControl(join(folder, "none.sock"), "GET /facts")).rejects.toMatchObject({ code: "not-running" });
});
