import { describe, expect, onTestFinished, test } from "vitest";
import type { Engine, GeneratedToken, GenerateInput } from "../../src/engine/interface.ts";
import { createSampler, TOP_K } from "../../src/protocol/sampler.ts";

/** Makes an engine that is not started, of one model throughout. */
export type MakeEngine = (options: { slots: number; contextTokens: number }) => Engine;

export const PROMPT = "<|im_start|>user\nWhat is a dog?<|im_end|>\n<|im_start|>assistant\n";
const NEVER = new AbortController().signal;

/** What every engine promises, whatever computes its answers. */
export function engineSuite(name: string, make: MakeEngine): void {
  async function started(options: { slots?: number; contextTokens?: number } = {}): Promise<Engine> {
    const engine = make({ slots: options.slots ?? 4, contextTokens: options.contextTokens ?? 1024 });
    onTestFinished(() => engine.stop());
    await engine.start();
    return engine;
  }

  describe(`${name}: the model`, () => {
    test("is named by a hash and states its sizes", async () => {
      const { model, slots } = await started({ slots: 2, contextTokens: 300 });
      expect(slots).toBe(2);
      expect(model.modelId).toMatch(/^0x[0-9a-f]{64}$/);
      expect(model.contextTokens).toBe(300);
      expect(model.vocabularySize).toBeGreaterThan(TOP_K);
      expect(model.chatTemplate).toContain("<|im_start|>");
      expect(model.controlTokens).toEqual(expect.arrayContaining(["<|im_start|>", "<|im_end|>"]));
      expect(model.eosText).toBe("<|im_end|>");
    });

    test("gives back any text it tokenized", async () => {
      const engine = await started();
      for (const text of ["What is a dog?", "Zwölf Füchse, 犬と猫 🦊…\n\tend", "<|im_end|> as text", " "]) {
        expect(engine.detokenize(engine.tokenize(text, false))).toBe(text);
      }
    });

    test("parses control tokens only where they are meant, and shows no text for them", async () => {
      const engine = await started();
      expect(engine.tokenize("<|im_end|>", true)).toHaveLength(1);
      expect(engine.tokenize("<|im_end|>", false).length).toBeGreaterThan(1);
      expect(engine.detokenize(engine.tokenize("a<|im_end|>b", true))).toBe("ab");
    });

    test("shows an unfinished character as U+FFFD", async () => {
      const engine = await started();
      const ids = engine.tokenize("犬", false);
      expect(ids.length).toBeGreaterThan(1);
      expect(engine.detokenize(ids.slice(0, -1))).toMatch(/^\uFFFD+$/);
    });
  });

  describe(`${name}: an answer`, () => {
    test("is chosen by the caller from candidates in order of likelihood", async () => {
      const engine = await started();
      const seen: number[] = [];
      const answer = await collect(engine, {
        ids: engine.tokenize(PROMPT, true),
        maxTokens: 5,
        choose(candidates) {
          expect(candidates.length).toBeLessThanOrEqual(TOP_K);
          const mass = candidates.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
          expect(mass).toBeCloseTo(1, 4);
          const logprobs = candidates.map(({ logprob }) => logprob);
          expect(logprobs).toEqual(logprobs.toSorted((a, b) => b - a));
          const third = candidates[2] ?? candidates[0];
          seen.push(third?.id ?? -1);
          return third?.id ?? -1;
        },
      });
      expect(answer.map(({ id }) => id)).toEqual(seen);
    });

    test("goes on from its own ids as if it had never stopped", async () => {
      const engine = await started();
      const ids = engine.tokenize(PROMPT, true);
      const whole = await sampled(engine, { ids, seed: 7n, maxTokens: 24 });
      const begun = whole.slice(0, 10);
      const rest = await sampled(engine, { ids: [...ids, ...begun], seed: 7n, maxTokens: 14, from: 10 });
      expect([...begun, ...rest]).toEqual(whole);
    });

    test("is the same for one seed alone and four at once, and another for another seed", async () => {
      const engine = await started();
      const ids = engine.tokenize(PROMPT, true);
      const ask = (seed: bigint): Promise<number[]> => sampled(engine, { ids, seed, maxTokens: 32 });
      const alone = await ask(42n);
      const together = await Promise.all([42n, 42n, 43n, 42n].map(ask));
      expect(together[0]).toEqual(alone);
      expect(together[1]).toEqual(alone);
      expect(together[3]).toEqual(alone);
      expect(together[2]).not.toEqual(alone);
    });

    test("ends at the asked number of tokens, at the end of the turn, and at the end of the context", async () => {
      const engine = await started({ contextTokens: 300 });
      const ids = engine.tokenize(PROMPT, true);
      expect(await greedy(engine, { ids, maxTokens: 3 })).toHaveLength(3);
      expect(await greedy(engine, { ids, maxTokens: 0 })).toHaveLength(0);
      const turn = await greedy(engine, { ids, maxTokens: 200 });
      expect(turn.at(-1)?.end).toBe(true);
      expect(turn.filter(({ end }) => end)).toHaveLength(1);
      const filler = engine.tokenize(" a".repeat(400), false).slice(0, 290);
      const full = await collect(engine, {
        ids: filler,
        maxTokens: 50,
        choose: (candidates) => notEnding(engine, candidates),
      });
      expect(full).toHaveLength(10);
    });

    test("is refused when the prompt leaves no room, and when there is none", async () => {
      const engine = await started({ contextTokens: 300 });
      const ids = engine.tokenize(" a".repeat(400), false).slice(0, 300);
      await expect(greedy(engine, { ids, maxTokens: 1 })).rejects.toMatchObject({
        code: "context-length",
        details: { data: { promptTokens: 300, contextTokens: 300 } },
      });
      await expect(greedy(engine, { ids: [], maxTokens: 1 })).rejects.toMatchObject({ code: "bad-request" });
      const foreign = [...ids.slice(0, 9), engine.model.vocabularySize];
      await expect(greedy(engine, { ids: foreign, maxTokens: 1 })).rejects.toMatchObject({ code: "bad-request" });
    });

    test("fails when the choice is not a candidate, and frees the slot", async () => {
      const engine = await started({ slots: 1 });
      const ids = engine.tokenize(PROMPT, true);
      await expect(collect(engine, { ids, maxTokens: 4, choose: () => -5 })).rejects.toMatchObject({
        code: "internal",
      });
      expect(await greedy(engine, { ids, maxTokens: 2 })).toHaveLength(2);
    });
  });

  describe(`${name}: slots`, () => {
    test("an aborted answer stops within one token and frees the slot", async () => {
      const engine = await started({ slots: 1 });
      const ids = engine.tokenize(PROMPT, true);
      const abort = new AbortController();
      const got: number[] = [];
      const cut = (async () => {
        for await (const { id } of engine.generate({ ids, maxTokens: 100, choose: first }, abort.signal)) {
          got.push(id);
          if (got.length === 4) abort.abort();
        }
      })();
      await expect(cut).rejects.toMatchObject({ name: "AbortError" });
      expect(got).toHaveLength(4);
      expect(await greedy(engine, { ids, maxTokens: 4 })).toMatchObject(got.map((id) => ({ id })));
    });

    test("a reader that leaves frees the slot", async () => {
      const engine = await started({ slots: 1 });
      const ids = engine.tokenize(PROMPT, true);
      for await (const _ of engine.generate({ ids, maxTokens: 100, choose: first }, NEVER)) break;
      expect(await greedy(engine, { ids, maxTokens: 4 })).toHaveLength(4);
    });

    test("those who wait are served in the order in which they came, but for those who left", async () => {
      const engine = await started({ slots: 1 });
      const ids = engine.tokenize(PROMPT, true);
      const order: string[] = [];
      const leaver = new AbortController();
      const ask = async (who: string, signal: AbortSignal): Promise<void> => {
        for await (const _ of engine.generate({ ids, maxTokens: 3, choose: first }, signal)) {
          if (order.at(-1) !== who) order.push(who);
        }
      };
      const all = [ask("a", NEVER), ask("b", NEVER), ask("left", leaver.signal), ask("c", NEVER), ask("d", NEVER)];
      leaver.abort();
      const ends = await Promise.allSettled(all);
      expect(order).toEqual(["a", "b", "c", "d"]);
      expect(ends.map(({ status }) => status)).toEqual([
        "fulfilled",
        "fulfilled",
        "rejected",
        "fulfilled",
        "fulfilled",
      ]);
    });

    test("a stop ends answers that run, that wait and that come", async () => {
      const engine = await started({ slots: 1 });
      const ids = engine.tokenize(PROMPT, true);
      const endless: GenerateInput = { ids, maxTokens: 500, choose: (candidates) => notEnding(engine, candidates) };
      let begun = (): void => undefined;
      const begin = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const running = (async () => {
        for await (const _ of engine.generate(endless, NEVER)) begun();
      })();
      const waiting = collect(engine, endless);
      const ends = Promise.allSettled([running, waiting]);
      await begin;
      await engine.stop();
      for (const end of await ends) expect(end).toMatchObject({ status: "rejected", reason: { code: "interrupted" } });
      await expect(collect(engine, endless)).rejects.toMatchObject({ code: "interrupted" });
      await engine.stop();
    });

    test("a stop does not wait for a reader that has gone quiet", async () => {
      const engine = await started({ slots: 1 });
      const ids = engine.tokenize(PROMPT, true);
      const answer = engine.generate({ ids, maxTokens: 50, choose: first }, NEVER)[Symbol.asyncIterator]();
      await answer.next();
      await engine.stop();
      await expect(answer.next()).rejects.toMatchObject({ code: "interrupted" });
    });
  });
}

const first: GenerateInput["choose"] = (candidates) => candidates[0]?.id ?? -1;

/** The likeliest token that does not end the turn. */
export function notEnding(engine: Engine, candidates: Parameters<GenerateInput["choose"]>[0]): number {
  return candidates.find(({ id }) => engine.detokenize([id]) !== "")?.id ?? candidates[0]?.id ?? -1;
}

/** All tokens of one answer. */
export async function collect(engine: Engine, input: GenerateInput): Promise<GeneratedToken[]> {
  const tokens: GeneratedToken[] = [];
  for await (const token of engine.generate(input, NEVER)) tokens.push(token);
  return tokens;
}

/** One answer of likeliest tokens. */
export function greedy(engine: Engine, input: Pick<GenerateInput, "ids" | "maxTokens">): Promise<GeneratedToken[]> {
  return collect(engine, { ...input, choose: first });
}

/** The ids of one answer as the network samples it, at temperature 1. */
export async function sampled(
  engine: Engine,
  input: Pick<GenerateInput, "ids" | "maxTokens"> & { seed: bigint; from?: number; temperature?: number },
): Promise<number[]> {
  const sampler = createSampler({
    seed: input.seed,
    temperature: input.temperature ?? 1.5,
    topP: 1,
    topK: TOP_K,
    minP: 0,
  });
  let position = input.from ?? 0;
  const choose: GenerateInput["choose"] = (candidates) => {
    position += 1;
    return sampler(candidates, position - 1);
  };
  return (await collect(engine, { ids: input.ids, maxTokens: input.maxTokens, choose })).map(({ id }) => id);
}
