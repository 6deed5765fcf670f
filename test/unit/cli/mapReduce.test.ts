import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MAP_PROMPT, REDUCE_PROMPT } from "../../../src/cli/mapReduce/prompts.ts";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import type { TaskRequest } from "../../../src/router/task.ts";
import { runLine } from "../../support/commandLine.ts";
import { homeWithRouter } from "../../support/homeWithRouter.ts";

const SENTENCE = "A sentence of some length stands here in the text. ";

function promptOf({ input }: TaskRequest): string {
  return input.kind === "messages" ? (input.messages.at(-1)?.content ?? "") : input.text;
}

interface Node {
  readonly kind: string;
  readonly bytes: readonly [number, number];
  readonly text: string;
  readonly parts?: readonly Node[];
}

/** The leaves of a tree, in their order. */
function leaves(node: Node): readonly Node[] {
  return node.parts === undefined ? [node] : node.parts.flatMap(leaves);
}

async function textOf(sentences: number) {
  const home = await homeWithRouter();
  const file = join(home.home, "text.txt");
  const text = SENTENCE.repeat(sentences).trimEnd();
  writeFileSync(file, text);
  const argv = ["submit", "Sum up.", "--map-reduce", "--file", file];
  return { ...home, text, argv };
}

describe("map-reduce", () => {
  test("asks every chunk and puts the answers together in a tree", async () => {
    const { argv, home, router, text } = await textOf(300);
    const { exitCode, stdout, stderr } = await runLine([...argv, "--json", "--seed", "7"], { home });
    expect([exitCode, stderr]).toEqual([0, ""]);
    const record = JSON.parse(stdout) as { tree: Node; requests: number; chunks: number };
    const chunks = leaves(record.tree);
    expect(record).toMatchObject({
      schema: "cortensor.map-reduce/1",
      model: "tiny",
      text: "A dog is a pet.",
      chunks: chunks.length,
      levels: 1,
      requests: chunks.length + 1,
      usage: { prompt_tokens: 7 * (chunks.length + 1) },
      miners: [router.miner.address],
      cost_cor: expect.stringMatching(/^0\.0000\d+$/),
      tree: { kind: "reduce", receipt: expect.any(String), miner: router.miner.address },
    });
    expect(chunks.length).toBeGreaterThan(5);
    // The chunks are the text, without a gap.
    expect([chunks[0]?.bytes[0], chunks.at(-1)?.bytes[1]]).toEqual([0, Buffer.byteLength(text)]);
    chunks.slice(1).forEach(({ bytes }, at) => expect(bytes[0]).toBe(chunks[at]?.bytes[1]));
    const asked = router.requests.map(promptOf);
    const pieces = chunks.map(({ bytes: [from, to] }) => text.slice(from, to));
    for (const piece of pieces.slice(0, -1)) expect(piece).toMatch(/\. $/);
    for (const piece of pieces)
      expect(asked).toContain(MAP_PROMPT.replace("{instruction}", "Sum up.").replace("{text}", piece));
    const answers = pieces.map((_, at) => `${at + 1}. A dog is a pet.`).join("\n\n");
    const reduce = REDUCE_PROMPT.replace("{instruction}", "Sum up.").replace("{count}", String(pieces.length));
    expect(asked.at(-1)).toBe(reduce.replace("{answers}", answers));
    expect(router.requests.every(({ clientSeed }) => clientSeed === 7n)).toBe(true);
  });

  test("asks a text that fits at once", async () => {
    const { argv, home, router, text } = await textOf(3);
    const { stdout, stderr } = await runLine(argv, { home });
    expect(stdout).toBe("A dog is a pet.\n");
    expect(router.requests.map(promptOf)).toEqual([`Sum up.\n\n${text}`]);
    expect(stderr).toMatch(/✓ map-reduce +1 chunk .*\n1 request · 10 tokens · 0\.0000084 COR\n/s);
  });

  test("takes the text from a pipe", async () => {
    const { home, router } = await textOf(1);
    await runLine(["submit", "Sum up.", "--map-reduce"], { home, input: "Piped text.\n" });
    expect(router.requests.map(promptOf)).toEqual(["Sum up.\n\nPiped text."]);
  });

  test("halves what a miner says is too long, and what squeezed its answer", async () => {
    const { argv, home, router, text } = await textOf(300);
    let [refused, squeezed] = [0, 0];
    const answer = router.answer.bind(router);
    router.answer = async function* (request, signal) {
      const size = Buffer.byteLength(promptOf(request));
      if (size > 1300) {
        refused += 1;
        throw await Promise.resolve(new CortensorError("context-length", "the prompt has too many tokens"));
      }
      const tight = size > 900;
      if (tight) squeezed += 1;
      router.script = { words: Array.from({ length: 30 }, () => "It says. "), finish: tight ? "length" : "stop" };
      yield* answer(request, signal);
    };
    const { stdout } = await runLine([...argv, "--json", "--parallel", "1"], { home });
    const { tree, levels } = JSON.parse(stdout) as { tree: Node; levels: number };
    const chunks = leaves(tree);
    expect(Math.min(refused, squeezed)).toBeGreaterThan(3);
    expect([chunks[0]?.bytes[0], chunks.at(-1)?.bytes[1]]).toEqual([0, Buffer.byteLength(text)]);
    chunks.slice(1).forEach(({ bytes }, at) => expect(bytes[0]).toBe(chunks[at]?.bytes[1]));
    expect(levels).toBeGreaterThan(1);
    expect(tree.text).toMatch(/^It says/);
  });

  test("with --dry-run says what it may cost and asks nothing", async () => {
    const { argv, home, router } = await textOf(300);
    const { stdout } = await runLine([...argv, "--dry-run", "--json"], { home });
    const quote = JSON.parse(stdout) as { chunks: number; requests_max: number };
    expect(quote).toMatchObject({ model: "tiny", cost_max_cor: expect.stringMatching(/^0\.0\d+$/) });
    expect(quote.requests_max).toBe(2 * quote.chunks - 1);
    expect(router.requests).toEqual([]);
  });

  test("ends at an error that is nobody's chunk", async () => {
    const { argv, home, router } = await textOf(300);
    router.script = { words: ["a"], fail: { at: 0, error: new CortensorError("deposit-low", "no more") } };
    expect(await runLine(argv, { home })).toMatchObject({ exitCode: 6, stdout: "" });
  });

  test.each([
    [["submit", "--map-reduce"], "--map-reduce needs to know what to ask"],
    [["submit", "Sum up.", "--map-reduce"], "there is no prompt"],
    [["submit", "Sum up.", "--map-reduce", "-o", "x"], "--output does not go with --map-reduce"],
    [["submit", "x".repeat(9000), "--map-reduce"], "the instruction fills the model's context of 1024 tokens"],
  ])("%j is refused", async (argv, message) => {
    const { home } = await homeWithRouter();
    const input = message.startsWith("the instruction") ? "text" : "";
    const { exitCode, stderr } = await runLine(argv, { home, input });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test("shows its prompts in the help", async () => {
    const { home } = await homeWithRouter();
    const { stdout } = await runLine(["help", "map-reduce", "--json"], { home });
    expect(JSON.parse(stdout)).toMatchObject({ map: MAP_PROMPT, reduce: REDUCE_PROMPT });
  });
});
