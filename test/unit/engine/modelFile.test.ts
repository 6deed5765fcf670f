import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { demoModelFile, hashModelFile, modelParts } from "../../../src/engine/modelFile.ts";

async function home(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cortensor-models-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const sha256 = (data: string | Buffer): Buffer => createHash("sha256").update(data).digest();

describe("a model's id", () => {
  test("is the hash over the sorted hashes of its files", async () => {
    const folder = await home();
    const texts = ["GGUF one", "GGUF two", "GGUF three"];
    const names = texts.map((_, part) => join(folder, `big-0000${part + 1}-of-00003.gguf`));
    for (const [part, name] of names.entries()) await writeFile(name, texts[part] ?? "");
    const digests = texts.map((text) => sha256(text)).sort(Buffer.compare);
    const hashed = await hashModelFile(names[0] ?? "");
    expect(hashed.modelId).toBe(`0x${sha256(Buffer.concat(digests)).toString("hex")}`);
    expect(hashed.files).toEqual(names);
    expect(hashed.sizeBytes).toBe(texts.join("").length);
  });

  test("is that of the demonstration model that ships", async () => {
    const data = await readFile(demoModelFile());
    const hashed = await hashModelFile(demoModelFile());
    expect(hashed).toMatchObject({ modelId: `0x${sha256(sha256(data)).toString("hex")}`, sizeBytes: data.length });
  });

  test("changes with the file, and is remembered while the file stays", async () => {
    const folder = await home();
    const file = join(folder, "a.gguf");
    await writeFile(file, "GGUF 1");
    await utimes(file, 1000, 1000);
    const first = await hashModelFile(file, { folder });

    // The same size and time with other content: only what is remembered can give the same id.
    await writeFile(file, "GGUF 2");
    await utimes(file, 1000, 1000);
    expect(await hashModelFile(file, { folder })).toEqual(first);
    expect((await hashModelFile(file)).modelId).not.toBe(first.modelId);

    await utimes(file, 1001, 1001);
    const second = await hashModelFile(file, { folder });
    expect(second.modelId).not.toBe(first.modelId);

    const other = join(folder, "b.gguf");
    await writeFile(other, "GGUF 3");
    await hashModelFile(other, { folder });
    const known: unknown = JSON.parse(await readFile(join(folder, "files.json"), "utf8"));
    expect(Object.keys(known as object)).toEqual([file, other]);
  });

  test("is worked out again when what was remembered cannot be read", async () => {
    const folder = await home();
    const file = join(folder, "a.gguf");
    await writeFile(file, "GGUF 1");
    const first = await hashModelFile(file);
    await writeFile(join(folder, "files.json"), "{{{");
    expect(await hashModelFile(file, { folder })).toEqual(first);
  });
});

describe("a model file that cannot be used", () => {
  test("is missing: the models beside it are named", async () => {
    const folder = await home();
    await writeFile(join(folder, "b.gguf"), "GGUF");
    await writeFile(join(folder, "A.GGUF"), "GGUF");
    await writeFile(join(folder, "notes.txt"), "");
    await expect(hashModelFile(join(folder, "c.gguf"))).rejects.toMatchObject({
      code: "model-missing",
      details: { why: [["found", `in ${folder}: A.GGUF, b.gguf`]], data: { models: ["A.GGUF", "b.gguf"] } },
    });
    await expect(hashModelFile(folder)).rejects.toMatchObject({ code: "model-missing" });
    await expect(hashModelFile(join(folder, "none", "c.gguf"))).rejects.toMatchObject({
      code: "model-missing",
      details: { why: [["found", `no folder ${join(folder, "none")}`]] },
    });
  });

  test("lacks a part", async () => {
    const folder = await home();
    await writeFile(join(folder, "m-00001-of-00002.gguf"), "GGUF");
    await expect(hashModelFile(join(folder, "m-00001-of-00002.gguf"))).rejects.toMatchObject({
      code: "model-missing",
      message: expect.stringContaining("m-00002-of-00002.gguf") as string,
    });
  });

  test.each([
    ["", "an empty file"],
    ["PK", '"PK"'],
    ["<html>not found</html>", '"<htm"'],
  ])("is no GGUF: %j", async (text, seen) => {
    const file = join(await home(), "x.gguf");
    await writeFile(file, text);
    await expect(hashModelFile(file)).rejects.toMatchObject({
      code: "model-damaged",
      details: { why: [["found", expect.stringContaining(seen) as string]] },
    });
  });
});

test("a split model is all of its parts, whichever is named", () => {
  const parts = ["/m/x-00001-of-00003.gguf", "/m/x-00002-of-00003.gguf", "/m/x-00003-of-00003.gguf"];
  expect(modelParts("/m/x-00001-of-00003.gguf")).toEqual(parts);
  expect(modelParts("/m/x-00003-of-00003.gguf")).toEqual(parts);
  expect(modelParts("/m/x.gguf")).toEqual(["/m/x.gguf"]);
});
