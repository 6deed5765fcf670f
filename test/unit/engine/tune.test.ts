import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { tuneThreads } from "../../../src/engine/tune.ts";
import type { Hex } from "../../../src/util/types.ts";

const modelId: Hex = "0xabcd";
const machine = (cores: number, processor = "Z80") => ({ processor, cores });

/** A machine that is as fast as the table says, and what was measured on it. */
function rates(table: Record<number, number>) {
  const measured: number[] = [];
  return {
    measured,
    measure: (threads: number): Promise<number> => {
      measured.push(threads);
      return Promise.resolve(table[threads] ?? 0);
    },
  };
}

describe("the number of threads", () => {
  test("is the quickest, and nothing is measured beyond the first that is slower", async () => {
    const { measure, measured } = rates({ 1: 10, 2: 19, 3: 25, 4: 30, 6: 28, 8: 100 });
    const tuned = await tuneThreads({ modelId, machine: machine(8) }, measure);
    expect(tuned).toMatchObject({ threads: 4, remembered: false });
    expect(measured).toEqual([1, 2, 3, 4, 6]);
  });

  test("is 1 where a second thread makes it slower", async () => {
    const { measure } = rates({ 1: 1028, 2: 81 });
    expect((await tuneThreads({ modelId, machine: machine(2) }, measure)).threads).toBe(1);
  });

  test("does not grow for a gain that is hardly one", async () => {
    const { measure } = rates({ 1: 100, 2: 104, 3: 104.5, 4: 200 });
    expect((await tuneThreads({ modelId, machine: machine(4) }, measure)).threads).toBe(4);
    const flat = rates({ 1: 100, 2: 104, 3: 104.5, 4: 104.9 });
    expect((await tuneThreads({ modelId, machine: machine(4) }, flat.measure)).threads).toBe(1);
  });

  test.each([
    [1, [1]],
    [2, [1, 2]],
    [6, [1, 2, 3, 4, 6]],
    [24, [1, 2, 3, 4, 6, 8, 12, 16, 24]],
  ])("is looked for in few steps on %i cores", async (cores, expected) => {
    const measured: number[] = [];
    await tuneThreads({ modelId, machine: machine(cores) }, (threads) => {
      measured.push(threads);
      return Promise.resolve(threads);
    });
    expect(measured).toEqual(expected);
  });

  test("a measurement is told what it has to beat", async () => {
    const bests: number[] = [];
    await tuneThreads({ modelId, machine: machine(4) }, (threads, best) => {
      bests.push(best);
      return Promise.resolve(threads * 10);
    });
    expect(bests).toEqual([0, 10, 20, 30]);
  });
});

describe("what was measured", () => {
  async function home(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "cortensor-tune-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    return folder;
  }

  test("is remembered for one model on one machine", async () => {
    const folder = await home();
    const { measure, measured } = rates({ 1: 5, 2: 9 });
    const options = { modelId, folder, machine: machine(2) };
    const first = await tuneThreads(options, measure);
    const again = await tuneThreads(options, measure);
    expect(again).toEqual({ ...first, remembered: true });
    expect(measured).toEqual([1, 2]);
    expect(await readdir(folder)).toEqual(["0xabcd.json"]);

    await tuneThreads({ ...options, modelId: "0xef" }, measure);
    expect(measured).toHaveLength(4);
    await tuneThreads({ ...options, machine: machine(2, "Z80000") }, measure);
    expect(measured).toHaveLength(6);
    await tuneThreads({ ...options, machine: machine(4, "Z80000") }, measure);
    expect(measured).toHaveLength(9);
  });

  test("is measured again when the file cannot be read", async () => {
    const folder = await home();
    const file = join(folder, "0xabcd.json");
    const { measure } = rates({ 1: 5 });
    for (const text of ["{", "null", '{"machine":{"processor":"Z80","cores":1},"threads":"many"}']) {
      await writeFile(file, text);
      expect(await tuneThreads({ modelId, folder, machine: machine(1) }, measure)).toMatchObject({
        threads: 1,
        remembered: false,
      });
      expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ threads: 1 });
    }
  });

  test("is not written when the start was given up", async () => {
    const folder = await home();
    const abort = new AbortController();
    const tuning = tuneThreads({ modelId, folder, machine: machine(4), signal: abort.signal }, () => {
      abort.abort();
      return Promise.resolve(1);
    });
    await expect(tuning).rejects.toMatchObject({ name: "AbortError" });
    expect(await readdir(folder)).toEqual([]);
  });
});
