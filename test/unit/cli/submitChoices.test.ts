import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { openCommandLine, runLine } from "../../support/commandLine.ts";
import { homeWithRouter } from "../../support/homeWithRouter.ts";

describe("several answers", () => {
  test("are asked at once and printed one after the other", async () => {
    const { home, router } = await homeWithRouter();
    const second = Promise.withResolvers<void>();
    router.script = { words: ["A dog."], gate: () => second.promise };
    const line = openCommandLine(["submit", "Hi", "--n", "3", "--seed", "7"], { home });
    await vi.waitFor(() => expect(router.runs).toHaveLength(3), { interval: 5, timeout: 5000 });
    second.resolve();
    const { exitCode, stdout, stderr } = await line.ended;
    expect([exitCode, stdout]).toEqual([0, "A dog.\n\nA dog.\n\nA dog.\n"]);
    expect(stderr.trimEnd().split("\n")).toHaveLength(3);
    expect(new Set(router.requests.map(({ clientSeed }) => clientSeed))).toEqual(new Set([7n, 8n, 9n]));
    expect(readdirSync(join(home, "receipts"))).toHaveLength(3);
  });

  test("with --json are choices of one record, which sums up", async () => {
    const { home, router } = await homeWithRouter();
    const { stdout, stderr } = await runLine(["submit", "Hi", "--n", "2", "--json"], { home });
    expect(stderr).toBe("");
    const miner = router.miner.address;
    const receipt = expect.objectContaining({ schema: "cortensor.receipt/1" }) as object;
    const choice = { text: "A dog is a pet.", miner, finish_reason: "stop", cost_cor: "0.0000084", receipt };
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "cortensor.submit/1",
      text: "A dog is a pet.",
      usage: { prompt_tokens: 14, completion_tokens: 6, total_tokens: 20 },
      cost_cor: "0.0000168",
      miners: [miner],
      choices: [
        { index: 0, ...choice },
        { index: 1, ...choice },
      ],
    });
  });

  test("do not go into one receipt file", async () => {
    const { home, router } = await homeWithRouter();
    const { exitCode, stderr } = await runLine(["submit", "Hi", "--n", "2", "--receipt", "r.json"], { home });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("--receipt takes one answer")]);
    expect(router.requests).toEqual([]);
  });
});
