import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cardFile, findCard } from "../../../src/replay/cards.ts";
import { findModel, resolveModel } from "../../../src/replay/findModel.ts";
import { demoModelFile, hashModelFile } from "../../../src/engine/modelFile.ts";
import { type ThresholdCard, thresholdCardSchema } from "../../../src/protocol/thresholdCard.ts";
import type { Hex } from "../../../src/util/types.ts";
import { openCommandLine, runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";
import { put } from "../../support/homeWithRouter.ts";
import { MODEL_FILES } from "../../support/models.ts";

const { modelId } = await hashModelFile(demoModelFile());

describe("cortensor model calibrate", () => {
  test("makes a card whose limits honest answers keep and a smaller model's do not", { timeout: 120_000 }, async () => {
    const home = testFolder();
    const line = ["model", "calibrate", "cortensor-tiny", "--quick", "--against", MODEL_FILES.smaller];
    const file = cardFile(modelId, join(home, "models"));
    const { exitCode, stdout, stderr } = await runLine([...line, "--out", file], { home });
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("✓ calibrate   cortensor-tiny, 6 bands") as string]);
    expect(stdout).toMatch(
      /^temperature +cuts +writer .* limit 16 +limit 64\n0 +no +honest, as the verifier +\d+ +100\.00%/,
    );
    const card = thresholdCardSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    expect(card).toMatchObject({ version: 1, modelId });
    expect(card.bands.map(({ temperature, cuts }) => [temperature, cuts])).toEqual([
      [0, false],
      [0, true],
      [0.5, false],
      [0.5, true],
      [2, false],
      [2, true],
    ]);
    for (const { measured = [] } of card.bands) {
      expect(measured.filter(({ honest }) => honest).map(({ failShare }) => failShare)).toEqual([0, 0]);
      expect(measured.find(({ honest }) => !honest)?.failShare).toBeGreaterThan(0.5);
    }
    expect(await findCard(modelId, join(home, "models"))).toEqual(card);
  });

  test("that is interrupted leaves no card", async () => {
    const home = testFolder();
    const abort = new AbortController();
    const { stderr, ended } = openCommandLine(["model", "calibrate", "cortensor-tiny", "--quick"], {
      home,
      signal: abort.signal,
    });
    while (!stderr.text.includes("calibrate")) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect((await ended).exitCode).toBe(130);
    expect(readdirSync(join(home, "models")).filter((name) => name.endsWith(".card.json"))).toEqual([]);
  });

  test("of a model that is not there says what is: exit 3", async () => {
    const { exitCode, stderr } = await runLine(["model", "calibrate", "nothing"], { home: testFolder() });
    expect(exitCode).toBe(3);
    expect(stderr).toContain("error[model-missing]: there is no model nothing\n");
    expect(stderr).toContain("found    cortensor-tiny\n");
  });
});

describe("the card of a model", () => {
  const card = (limit: number, of: Hex = modelId): ThresholdCard => ({
    version: 1,
    modelId: of,
    bands: [{ temperature: 2, cuts: false, limits: [{ tokens: 16, marginNats: limit }] }],
  });

  test("ships for the demonstration model, made from thousands of answers, and fails the nearest cheats", async () => {
    const shipped = await findCard(modelId, testFolder());
    expect(shipped?.bands).toHaveLength(6);
    for (const { cuts, temperature, measured = [] } of shipped?.bands ?? []) {
      const honest = measured.filter((each) => each.honest);
      expect(honest.length).toBeGreaterThan(5);
      expect(honest.map(({ failShare }) => failShare)).toEqual(honest.map(() => 0));
      const shares = Object.fromEntries(measured.map(({ writer, failShare }) => [writer, failShare]));
      expect(shares["cortensor-mini-q8_0"]).toBeGreaterThan(0.5);
      if (temperature === 2 && !cuts) expect(shares["cortensor-tiny-q4_0"]).toBeGreaterThan(0.2);
    }
  });

  test("made here goes before the one of the package; a damaged file is passed over", async () => {
    const folder = testFolder();
    put(join(folder, "some.card.json"), card(1));
    expect(await findCard(modelId, folder)).toEqual(card(1));
    put(cardFile(modelId, folder), card(2));
    expect(await findCard(modelId, folder)).toEqual(card(2));
    writeFileSync(cardFile(modelId, folder), "{");
    expect(await findCard(modelId, folder)).toEqual(card(1));
    expect(await findCard(`0x${"00".repeat(32)}`, folder)).toBeUndefined();
  });
});

describe("the file of a model", () => {
  test("is found by its id, where the package or the home has it", async () => {
    const folder = testFolder();
    expect(await findModel({ modelId, name: "cortensor-tiny", folder })).toBe(demoModelFile());
    const { modelId: other } = await hashModelFile(MODEL_FILES.q4_0);
    const search = { modelId: other, name: "tiny-q4", folder };
    await expect(findModel(search)).rejects.toMatchObject({
      code: "model-missing",
      message: `the answer is of tiny-q4, model ${other}, and no model here has this id`,
    });
    writeFileSync(join(folder, "broken.gguf"), "no model");
    writeFileSync(join(folder, "copy.gguf"), readFileSync(MODEL_FILES.q4_0));
    expect(await findModel(search)).toBe(join(folder, "copy.gguf"));
    await expect(findModel({ ...search, file: join(folder, "broken.gguf") })).rejects.toMatchObject({
      code: "model-damaged",
    });
    for (const ref of [other.slice(0, 12), other.slice(2, 20), "copy", "copy.gguf", join(folder, "copy.gguf")])
      expect(await resolveModel(ref, { folder })).toBe(join(folder, "copy.gguf"));
    expect(existsSync(await resolveModel("cortensor-tiny", { folder }))).toBe(true);
  });
});
