import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { homeOf } from "../../../src/node/home.ts";
import { keepReceipt } from "../../../src/node/receipts.ts";
import { DOMAIN } from "../../support/fakeRouter.ts";
import { runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";
import { homeWithRouter, put } from "../../support/homeWithRouter.ts";
import { PRESET } from "../../support/statusFixtures.ts";

/** A home that keeps one receipt, and what `submit --json` printed of it. */
async function answered() {
  const { home } = await homeWithRouter();
  const { stdout } = await runLine(["submit", "Hi", "--json"], { home });
  const receipt = (JSON.parse(stdout) as { receipt: Record<string, unknown> & { id: string } }).receipt;
  const file = join(home, "receipt.json");
  put(file, receipt);
  return { home, stdout, receipt, file };
}

describe("a receipt that holds", () => {
  test("by its file, its id or the beginning of it, or a pipe: exit 0, one line a check", async () => {
    const { home, stdout, receipt, file } = await answered();
    for (const source of [file, receipt.id, receipt.id.slice(0, 6)]) {
      const seen = await runLine(["verify", source], { home });
      expect([seen.exitCode, seen.stderr]).toEqual([0, ""]);
      expect(seen.stdout).toContain(" ✓ form                  cortensor.receipt/1\n");
      expect(seen.stdout).toMatch(/ ✓ receipt {15}signed by 0x/);
      expect(seen.stdout).toMatch(/\nThe receipt r_[0-9a-f]{8} holds: 22 of 22 checks\.\n$/);
      expect(seen.stdout).not.toContain("✗");
    }
    for (const input of [stdout, JSON.stringify(receipt)])
      expect((await runLine(["verify", "-"], { home, input })).exitCode).toBe(0);
  });

  test("needs no network and nothing of this home", async () => {
    const { file } = await answered();
    expect((await runLine(["verify", file], { home: testFolder() })).exitCode).toBe(0);
  });

  test("with --json", async () => {
    const { home, file, receipt } = await answered();
    const { stdout } = await runLine(["verify", file, "--json"], { home });
    const record = JSON.parse(stdout) as { checks: { name: string; ok: boolean; detail: string }[] };
    expect(record).toMatchObject({
      schema: "cortensor.verify/1",
      valid: true,
      network: { name: receipt.network, chain_id: DOMAIN.chainId, runtime: DOMAIN.runtime, known: null },
    });
    expect(record.checks.every(({ ok }) => ok)).toBe(true);
    expect(record.checks.map(({ name }) => name)).toContain("envelope");
  });

  test("of a network that is known here, or not, which is a note", async () => {
    const { home, file } = await answered();
    expect((await runLine(["verify", file], { home })).stdout).toMatch(/ ! network .*; no network of this home\n/);
    put(join(home, "networks", "mine.json"), { ...PRESET, name: "mine", ...DOMAIN });
    writeFileSync(join(home, "networks", "broken.json"), "{");
    const known = await runLine(["verify", file], { home });
    expect([known.exitCode, known.stdout]).toEqual([
      0,
      expect.stringMatching(/ ✓ network {15}mine, practice, chain 31337, /),
    ]);
  });
});

describe("a receipt that does not hold", () => {
  test("with one letter changed: exit 7, which check, nothing printed as well", async () => {
    const { home, file, receipt } = await answered();
    put(file, { ...receipt, text: "A dog is a cat." });
    const { exitCode, stdout, stderr } = await runLine(["verify", file], { home });
    expect(exitCode).toBe(7);
    expect(stdout).toMatch(/ ✗ envelope {14}signed by 0x/);
    expect(stdout).not.toContain("holds");
    expect(stderr).toContain("error[receipt-invalid]: the receipt does not hold: 1 of 22 checks failed\n");
    expect(stderr).toContain("       envelope   signed by 0x");
  });

  test("with --json is a record all the same, exit 7", async () => {
    const { home, file, receipt } = await answered();
    put(file, { ...receipt, text: "A dog is a cat." });
    const { exitCode, stdout, stderr } = await runLine(["verify", file, "--json"], { home });
    expect([exitCode, stderr]).toEqual([7, ""]);
    const { valid, checks } = JSON.parse(stdout) as { valid: boolean; checks: { name: string; ok: boolean }[] };
    expect([valid, checks.filter(({ ok }) => !ok).map(({ name }) => name)]).toEqual([false, ["envelope"]]);
  });

  test.each([["{}"], ["[]"], ["null"], ['"r_1"'], ['{"schema":"cortensor.submit/1","receipt":null}']])(
    "as %s has no form: exit 7",
    async (input) => {
      const { exitCode, stdout } = await runLine(["verify", "-", "--json"], { home: testFolder(), input });
      expect(exitCode).toBe(7);
      expect(JSON.parse(stdout)).toMatchObject({ valid: false, checks: [{ name: "form", ok: false }], network: null });
    },
  );

  test("with a field more, or one of another kind", async () => {
    const { home, file, receipt } = await answered();
    for (const change of [{ more: 1 }, { text: 5 }, { salt: "0x" }]) {
      put(file, { ...receipt, ...change });
      expect((await runLine(["verify", file], { home })).exitCode).toBe(7);
    }
  });
});

describe("no receipt at all", () => {
  test.each([
    ["/nowhere/receipt.json", "there is no file /nowhere/receipt.json"],
    ["r_0123", "this home keeps no receipt whose id begins with r_0123"],
    ["-", "what was piped in is no JSON"],
  ])("%s: exit 2, as it is not known whether one holds", async (source, message) => {
    const { exitCode, stdout, stderr } = await runLine(["verify", source], { home: testFolder(), input: "{" });
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`error[receipt-missing]: ${message}`);
  });

  test("in a folder", async () => {
    const folder = testFolder();
    const { exitCode, stderr } = await runLine(["verify", folder], { home: folder });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`${folder} cannot be read`)]);
  });

  test("named: the argument is missing", async () => {
    const { exitCode, stderr } = await runLine(["verify"], { home: testFolder() });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("error[argument-missing]: ")]);
  });
});

describe("kept receipts", () => {
  const home = () => homeOf({ CORTENSOR_HOME: testFolder() });

  test("are named by as few digits as tell them apart, four at least", async () => {
    const place = home();
    expect(await keepReceipt(place, { id: "r_8fa2aaaa" })).toBe("r_8fa2");
    expect(await keepReceipt(place, { id: "r_8fa2abbb" })).toBe("r_8fa2ab");
    expect(await keepReceipt(place, { id: "r_8fa2aaab" })).toBe("r_8fa2aaab");
    expect(await keepReceipt(place, { id: "r_00000000" })).toBe("r_0000");
    const { exitCode, stderr } = await runLine(["verify", "r_8fa2"], { home: place.root });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("keeps 3 receipts whose id begins with r_8fa2")]);
    expect(stderr).toContain("r_8fa2aaaa, ");
  });

  test("are the newest 500", async () => {
    const place = home();
    const id = (at: number): string => `r_${at.toString(16).padStart(8, "0")}`;
    for (let at = 0; at < 503; at += 1) await keepReceipt(place, { id: id(at) });
    const files = readdirSync(join(place.root, "receipts"));
    expect(files).toHaveLength(500);
    expect(files).toContain(`${id(502)}.json`);
  });

  test.each(["../../config", "r_8fa2", "r_8fa2AAAA", "r_8fa2aaaa/..", ""])(
    "never stand in a file that a router named: %j",
    async (id) => {
      await expect(keepReceipt(home(), { id })).rejects.toMatchObject({ code: "receipt-invalid" });
    },
  );
});
