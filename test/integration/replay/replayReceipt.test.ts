import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { replayReceipt } from "../../../src/replay/replayReceipt.ts";
import type { LlamaEngine } from "../../../src/engine/llama/llamaEngine.ts";
import { bundleJson, type ReceiptBundle } from "../../../src/protocol/receiptBundle.ts";
import { FINISH } from "../../../src/protocol/records.ts";
import type { ThresholdCard } from "../../../src/protocol/thresholdCard.ts";
import { runLine } from "../../support/commandLine.ts";
import { testFolder } from "../../support/folder.ts";
import { put } from "../../support/homeWithRouter.ts";
import { MODEL_FILES, openModel, type TestModel } from "../../support/models.ts";
import { asked, receiptFor, write } from "../../support/writeReceipt.ts";

const NEVER = new AbortController().signal;
const QUESTION = "What is a mountain?";
const OPEN = { temperature: 1.5, maxTokens: 48 };
const LIMITS = [{ tokens: 16, marginNats: 0.03 }];

const engines = {} as Record<TestModel, LlamaEngine>;
beforeAll(async () => {
  for (const model of ["reference", "q4_0", "smaller"] as const) engines[model] = await openModel(model);
});
afterAll(async () => {
  for (const engine of Object.values(engines)) await engine.stop();
});

function card(): ThresholdCard {
  return {
    version: 1,
    modelId: engines.reference.model.modelId,
    bands: [false, true].map((cuts) => ({ temperature: 2, cuts, limits: LIMITS })),
  };
}

const judged = (bundle: ReceiptBundle, known: ThresholdCard | undefined = card()) =>
  replayReceipt({ bundle, card: known, signal: NEVER }, engines.reference);

/** A receipt of the reference model's, written with another. */
async function writtenBy(model: TestModel, params: Parameters<typeof asked>[1] = OPEN, number = 0) {
  const task = asked(QUESTION, params, { number });
  return receiptFor(task, { engine: engines.reference, parts: [await write(engines[model], task)] });
}

describe("a replay", () => {
  test("of an honest answer matches in every token and passes, with and without cuts", async () => {
    const evidence: number[] = [];
    for (const cuts of [{}, { topP: 0.9 }, { minP: 0.05 }, { topK: 20 }]) {
      const bundle = await writtenBy("reference", { ...OPEN, ...cuts }, 2);
      const { verdict, parts, promptTokens } = await judged(bundle);
      expect([verdict, promptTokens]).toEqual(["pass", bundle.parts[0]?.receipt.promptTokens]);
      expect(parts).toMatchObject([{ from: 0, to: bundle.ids.length, matches: bundle.ids.length, meanMarginNats: 0 }]);
      evidence.push(parts[0]?.evidenceNats ?? 0);
    }
    expect(Math.max(...evidence)).toBeGreaterThan(20);
  });

  test("of what a coarser, a smaller or a differently asked model wrote fails", async () => {
    for (const bundle of [await writtenBy("q4_0", { ...OPEN, temperature: 2 }, 3), await writtenBy("smaller")])
      expect((await judged(bundle)).verdict).toBe("fail");
    const task = asked(QUESTION, { ...OPEN, temperature: 2 }, { number: 3 });
    const messages = [{ role: "system", content: "Answer in one short sentence." }, ...QUESTION_MESSAGES];
    const hidden = await write(engines.reference, { ...task, input: { kind: "messages", messages } });
    const bundle = receiptFor(task, { engine: engines.reference, parts: [hidden] });
    expect((await judged(bundle)).parts[0]?.why).toBeUndefined();
    expect((await judged(bundle)).verdict).toBe("fail");
  });

  test("of an answer without a card, or with too few tokens, is inconclusive", async () => {
    const bundle = await writtenBy("smaller");
    expect(await replayReceipt({ bundle, card: undefined, signal: NEVER }, engines.reference)).toMatchObject({
      verdict: "inconclusive",
      parts: [{ limitNats: undefined, why: expect.stringContaining("no threshold card") as string }],
    });
    const short = await writtenBy("reference", { ...OPEN, maxTokens: 8 });
    expect((await judged(short)).parts).toMatchObject([
      { verdict: "inconclusive", why: "8 tokens are too few to tell" },
    ]);
    const cold = { ...card(), bands: [{ temperature: 0.5, cuts: false, limits: LIMITS }] };
    expect((await judged(bundle, cold)).parts[0]?.why).toContain("no band");
  });

  test("of a stitched answer: each miner answers for its own tokens", async () => {
    const task = asked("What is a bridge?", { ...OPEN, temperature: 2 }, { number: 1 });
    const honest = await write(engines.reference, task);
    const first = { ids: honest.ids.slice(0, 18), finish: FINISH.growing };
    const resumed = await write(
      engines.reference,
      asked("What is a bridge?", { ...OPEN, temperature: 2 }, { number: 3 }),
    );
    const mixed = receiptFor(task, { engine: engines.reference, parts: [first, resumed] });
    const { verdict, parts } = await judged(mixed);
    expect(verdict).toBe("fail");
    expect(parts.map(({ from, verdict: each }) => [from, each])).toEqual([
      [0, "pass"],
      [18, "fail"],
    ]);
    const good = await write(engines.reference, task, first.ids);
    const both = receiptFor(task, { engine: engines.reference, parts: [first, good] });
    expect((await judged(both)).parts.map(({ verdict: each }) => each)).not.toContain("fail");
    expect([...first.ids, ...good.ids]).toEqual(honest.ids);
  });

  test("fails whoever counts more prompt tokens, pads, stops without an end, or has ids that do not exist", async () => {
    const task = asked("What is a river?", { ...OPEN, maxTokens: 100 }, { number: 2 });
    const engine = engines.reference;
    const honest = await write(engine, task);
    expect(honest.finish).toBe(FINISH.stop);
    const claims = [
      [{ engine, parts: [honest], promptTokens: 40 }, "it counts 40 prompt tokens, and there are 16"],
      [{ engine, parts: [{ ...honest, ids: [...honest.ids, 300, 301] }] }, `it goes on after its turn ended at token`],
      [{ engine, parts: [{ ...honest, ids: honest.ids.slice(0, 20) }] }, "it claims to have stopped"],
      [{ engine, parts: [{ ...honest, ids: [...honest.ids.slice(0, -1), 70_000] }] }, "the model has no token 70000"],
    ] as const;
    for (const [claim, why] of claims) {
      const { verdict, parts } = await judged(receiptFor(task, claim));
      expect([verdict, parts[0]?.why]).toEqual(["fail", expect.stringContaining(why) as string]);
    }
  });

  test("tells how far it is, and stops when it is told to", async () => {
    const bundle = await writtenBy("reference");
    const seen: number[] = [];
    const abort = new AbortController();
    const run = replayReceipt(
      {
        bundle,
        card: card(),
        signal: abort.signal,
        onProgress: (done, all) => {
          seen.push(done / all);
          if (done === 3) abort.abort();
        },
      },
      engines.reference,
    );
    await expect(run).rejects.toMatchObject({ name: "AbortError" });
    expect(seen).toHaveLength(3);
  });
});

const QUESTION_MESSAGES = [{ role: "user", content: QUESTION }];

describe("cortensor verify --replay", () => {
  function kept(bundle: ReceiptBundle) {
    const home = testFolder();
    const file = join(home, "receipt.json");
    writeFileSync(file, JSON.stringify(bundleJson(bundle)));
    put(join(home, "models", "mine.card.json"), card());
    return {
      home,
      file,
      line: (...more: string[]) => runLine(["verify", file, "--replay", "--threads", "1", ...more], { home }),
    };
  }

  test("passes an honest answer: exit 0, progress on stderr", async () => {
    const { line } = kept(await writtenBy("reference"));
    const { exitCode, stdout } = await line();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ ✓ replay {16}pass: honest answers reach 0\.0300 nats\n/);
    expect(stdout).toMatch(/ (\d+) of \1 tokens match, mean margin 0\.0000 nats, evidence \d+\.\d nats, miner 0x/);
    expect(stdout).toContain("holds: 22 of 22 checks.\nIts model gives this answer to this prompt.\n");
  });

  test("fails another model's: exit 7, with --json too", async () => {
    const { line } = kept(await writtenBy("smaller"));
    const seen = await line();
    expect([seen.exitCode, seen.stdout]).toEqual([
      7,
      expect.stringContaining(" ✗ replay                fail: ") as string,
    ]);
    expect(seen.stderr).toContain("error[replay-failed]: the receipt holds, and its model gives another answer\n");
    const { exitCode, stdout } = await line("--json");
    expect(exitCode).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      replay: {
        verdict: "fail",
        prompt_tokens: 16,
        parts: [{ from: 0, verdict: "fail", limit_nats: 0.03, why: null }],
      },
    });
  });

  test("needs the model of the receipt, and names it", async () => {
    const { line } = kept(await writtenBy("reference"));
    const { exitCode, stderr } = await line("--model", MODEL_FILES.q4_0);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`model ${engines.reference.model.modelId}, and cortensor-tiny-q4_0.gguf has another id`);
    const task = asked(QUESTION, OPEN);
    const other = kept(receiptFor(task, { engine: engines.smaller, parts: [await write(engines.smaller, task)] }));
    const missing = await other.line();
    expect([missing.exitCode, missing.stderr]).toEqual([
      3,
      expect.stringContaining("no model here has this id") as string,
    ]);
    expect((await other.line("--model", MODEL_FILES.smaller)).stdout).toContain("no threshold card of this model");
  });

  test("repeats no receipt that does not hold", async () => {
    const { home, file, line } = kept(await writtenBy("reference"));
    writeFileSync(file, JSON.stringify({ ...bundleJson(await writtenBy("reference")), text: "A mountain." }));
    const { exitCode, stdout } = await line("--json");
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      7,
      expect.objectContaining({ valid: false, replay: null }) as object,
    ]);
    const alone = await runLine(["verify", file, "--model", "x.gguf"], { home });
    expect([alone.exitCode, alone.stderr]).toEqual([2, expect.stringContaining("argument-missing") as string]);
  });
});
