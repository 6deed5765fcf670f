import { describe, expect, onTestFinished, test } from "vitest";
import type { Candidate, Engine, ReplayInput } from "../../src/engine/interface.ts";
import { createSampler, REPLAY_K, TOP_K } from "../../src/protocol/sampler.ts";
import { collect, greedy, type MakeEngine, notEnding, PROMPT } from "./engineSuite.ts";

const NEVER = new AbortController().signal;

/** What every engine promises of a replay. `tolerance`: of log-probabilities, in nats; 0 for equal to the last bit. */
export function replaySuite(name: string, make: MakeEngine, { tolerance }: { tolerance: number }): void {
  async function started(options: { slots?: number; contextTokens?: number } = {}): Promise<Engine> {
    const engine = make({ slots: options.slots ?? 2, contextTokens: options.contextTokens ?? 1024 });
    onTestFinished(() => engine.stop());
    await engine.start();
    return engine;
  }

  describe(`${name}: a replay`, () => {
    test("gives what the answer was chosen from, at every position", async () => {
      const engine = await started();
      const ids = engine.tokenize(PROMPT, true);
      const { offered, forced } = await written(engine, { ids, count: 300 });
      const seen = await replay(engine, { ids, forced });
      expect(seen).toHaveLength(forced.length);
      for (const [position, candidates] of seen.entries()) expectSame(candidates, offered[position] ?? [], tolerance);
    });

    test("tells the next tokens too, on the same scale, as others may count them among the K", async () => {
      const engine = await started();
      const ids = engine.tokenize(PROMPT, true);
      const { offered, forced } = await written(engine, { ids, count: 5 });
      for (const [position, candidates] of (await replay(engine, { ids, forced })).entries()) {
        const logprobs = candidates.map(({ logprob }) => logprob);
        expect(logprobs).toEqual(logprobs.toSorted((a, b) => b - a));
        if ((offered[position] ?? []).length === TOP_K) expect(candidates).toHaveLength(REPLAY_K);
      }
    });

    test("of a long prompt is the same whether a slot holds it already or not", async () => {
      const engine = await started({ slots: 1 });
      const ids = engine.tokenize("Define freedom. ".repeat(120), false).slice(0, 400);
      const { offered, forced } = await written(engine, { ids, count: 20 });
      for (const prompt of [ids, ids, ids.slice(0, 200), ids]) {
        const seen = await replay(engine, { ids: prompt, forced });
        expect(seen).toHaveLength(20);
        if (prompt.length < ids.length) continue;
        for (const [position, candidates] of seen.entries()) expectSame(candidates, offered[position] ?? [], tolerance);
      }
    });

    test("is the same alone and beside others, answers and replays", async () => {
      const engine = await started({ slots: 4 });
      const ids = engine.tokenize(PROMPT, true);
      const { forced } = await written(engine, { ids, count: 100 });
      const alone = await replay(engine, { ids, forced });
      const beside = await Promise.all([
        replay(engine, { ids, forced }),
        replay(engine, { ids: ids.slice(2), forced }),
        replay(engine, { ids, forced }),
        greedy(engine, { ids, maxTokens: 30 }),
      ]);
      for (const [position, candidates] of alone.entries()) {
        expectSame(beside[0][position] ?? [], candidates, tolerance);
        expectSame(beside[2][position] ?? [], candidates, tolerance);
      }
    });

    test("of nothing gives nothing, and of a prompt that leaves exactly enough room everything", async () => {
      const engine = await started({ contextTokens: 300 });
      const ids = engine.tokenize(" a".repeat(400), false).slice(0, 290);
      expect(await replay(engine, { ids, forced: [] })).toEqual([]);
      const { offered, forced } = await written(engine, { ids, count: 10 });
      const seen = await replay(engine, { ids, forced });
      expectSame(seen[9] ?? [], offered[9] ?? [], tolerance);
    });

    test("is refused when prompt and answer exceed the context, and when an id is no token", async () => {
      const engine = await started({ contextTokens: 300 });
      const ids = engine.tokenize(" a".repeat(400), false).slice(0, 290);
      await expect(replay(engine, { ids, forced: ids.slice(0, 11) })).rejects.toMatchObject({
        code: "context-length",
        details: { data: { promptTokens: 290, answerTokens: 11, contextTokens: 300 } },
      });
      await expect(replay(engine, { ids: [], forced: [5] })).rejects.toMatchObject({ code: "bad-request" });
      for (const id of [-1, 1.5, engine.model.vocabularySize, Number.NaN])
        await expect(replay(engine, { ids, forced: [5, id] })).rejects.toMatchObject({ code: "bad-request" });
    });

    test("stops when it is aborted or left, and frees the slot", async () => {
      const engine = await started({ slots: 1 });
      const ids = engine.tokenize(PROMPT, true);
      const forced = engine.tokenize(" a".repeat(200), false).slice(0, 300);
      const abort = new AbortController();
      let got = 0;
      const cut = (async () => {
        for await (const _ of engine.replay({ ids, forced }, abort.signal)) {
          got += 1;
          if (got === 4) abort.abort();
        }
      })();
      await expect(cut).rejects.toMatchObject({ name: "AbortError" });
      expect(got).toBe(4);
      for await (const _ of engine.replay({ ids, forced }, NEVER)) break;
      expect(await greedy(engine, { ids, maxTokens: 4 })).toHaveLength(4);
    });

    test("ends with the engine", async () => {
      const engine = await started({ slots: 1 });
      const ids = engine.tokenize(PROMPT, true);
      const running = engine.replay({ ids, forced: ids }, NEVER)[Symbol.asyncIterator]();
      await running.next();
      await engine.stop();
      await expect(running.next()).rejects.toMatchObject({ code: "interrupted" });
      await expect(replay(engine, { ids, forced: ids })).rejects.toMatchObject({ code: "interrupted" });
    });
  });
}

/** An answer as the network samples it at temperature 1.5, without an end, and what each token was chosen from. */
async function written(
  engine: Engine,
  { ids, count }: { ids: readonly number[]; count: number },
): Promise<{ offered: (readonly Candidate[])[]; forced: number[] }> {
  const sampler = createSampler({ seed: 7n, temperature: 1.5, topP: 1, topK: TOP_K, minP: 0 });
  const offered: (readonly Candidate[])[] = [];
  const answer = await collect(engine, {
    ids,
    maxTokens: count,
    choose(candidates) {
      offered.push(candidates);
      const id = sampler(candidates, offered.length - 1);
      return engine.detokenize([id]) === "" ? notEnding(engine, candidates) : id;
    },
  });
  return { offered, forced: answer.map(({ id }) => id) };
}

async function replay(engine: Engine, input: ReplayInput): Promise<(readonly Candidate[])[]> {
  const positions: (readonly Candidate[])[] = [];
  for await (const candidates of engine.replay(input, NEVER)) positions.push(candidates);
  return positions;
}

function expectSame(replayed: readonly Candidate[], original: readonly Candidate[], tolerance: number): void {
  const seen = replayed.slice(0, TOP_K);
  const offered = original.slice(0, TOP_K);
  if (tolerance === 0) return expect(seen).toEqual(offered);
  expect(seen).toHaveLength(offered.length);
  const byId = new Map(offered.map(({ id, logprob }) => [id, logprob]));
  // Noise may swap the last of the K with the next.
  expect(seen.filter(({ id }) => !byId.has(id)).length).toBeLessThanOrEqual(1);
  for (const { id, logprob } of seen) {
    const before = byId.get(id) ?? logprob;
    expect(Math.abs(logprob - before)).toBeLessThanOrEqual(tolerance);
  }
}
