import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readJson, writeJson } from "../../../src/util/jsonFile.ts";
import { testFolder } from "../../support/folder.ts";

describe("a JSON file", () => {
  it("is read as it was written, its folders made, for this user alone", async () => {
    const folder = testFolder();
    const file = join(folder, "a", "b", "c.json");
    await writeJson(file, { text: "é", list: [1, null] });
    expect(await readJson(file)).toEqual({ text: "é", list: [1, null] });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o700);
  });

  it("that does not exist is undefined", async () => {
    expect(await readJson(join(testFolder(), "none.json"))).toBeUndefined();
  });

  it("that is damaged is named, and left as it is", async () => {
    const file = join(testFolder(), "half.json");
    writeFileSync(file, '{"half":');
    await expect(readJson(file)).rejects.toMatchObject({ code: "home-damaged", details: { data: { file } } });
    expect(readFileSync(file, "utf8")).toBe('{"half":');
  });

  it("is the old one or the new one under many writers, and nothing is left beside it", async () => {
    const folder = testFolder();
    const file = join(folder, "x.json");
    const values = Array.from({ length: 20 }, (_, writer) => ({ writer, padding: "x".repeat(10_000) }));
    await writeJson(file, values[0]);
    const seen: unknown[] = [];
    await Promise.all(
      values.map(async (value) => {
        await writeJson(file, value);
        seen.push(await readJson(file));
      }),
    );
    for (const value of seen) expect(values).toContainEqual(value);
    expect(readdirSync(folder)).toEqual(["x.json"]);
  });

  it("that cannot be replaced leaves nothing beside it", async () => {
    const folder = testFolder();
    await writeJson(join(folder, "taken", "x.json"), 1);
    await expect(writeJson(join(folder, "taken"), 2)).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(["taken"]);
  });
});
