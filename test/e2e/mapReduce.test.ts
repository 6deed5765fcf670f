import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseCor } from "../../src/util/money.ts";
import { program } from "../support/program.ts";

interface Node {
  readonly bytes: readonly [number, number];
  readonly cost_cor: string;
  readonly miner: string;
  readonly usage: { readonly prompt_tokens: number };
  readonly parts?: readonly Node[];
}

function nodesOf(node: Node): readonly Node[] {
  return [node, ...(node.parts ?? []).flatMap(nodesOf)];
}

test.each([
  ["the demonstration model", 1024, []],
  ["the scripted engine", 4096, ["--engine", "scripted", "--script", "length=40"]],
])("a text longer than the context is read whole by %s, which has %i tokens", async (_, context, engine) => {
  const { home, run } = await program();
  expect((await run("up", "--port", "0", ...engine, "--detach")).exitCode).toBe(0);
  const file = join(home, "text.txt");
  const words = ["dog", "cat", "house", "tree", "river", "music", "freedom", "bread", "winter", "horse"];
  const sentences = Array.from({ length: 400 }, (_, at) => `Sentence ${at} says what a ${words[at % 10]} is and does.`);
  const text = sentences.join(" ");
  await writeFile(file, text);
  const { exitCode, stdout, stderr } = await run("submit", "--map-reduce", "What is a dog?", "--file", file, "--json");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const record = JSON.parse(stdout) as { tree: Node; cost_cor: string; chunks: number };
  const nodes = nodesOf(record.tree);
  const leaves = nodes.filter(({ parts }) => parts === undefined);
  expect(leaves.length).toBeGreaterThan(5);
  expect(leaves).toHaveLength(record.chunks);
  expect([leaves[0]?.bytes[0], leaves.at(-1)?.bytes[1]]).toEqual([0, text.length]);
  leaves.slice(1).forEach(({ bytes }, at) => expect(bytes[0]).toBe(leaves[at]?.bytes[1]));
  for (const { usage } of nodes) expect(usage.prompt_tokens).toBeLessThan(context);
  expect(new Set(nodes.map(({ miner }) => miner)).size).toBe(2);
  // What was asked and had to be asked again in halves costs too.
  const costs = nodes.reduce((sum, { cost_cor: cost }) => sum + (parseCor(cost) ?? 0n), 0n);
  expect(parseCor(record.cost_cor)).toBeGreaterThanOrEqual(costs);
});
